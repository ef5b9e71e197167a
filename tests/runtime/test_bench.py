"""`make bench`: one broken measurement never ends the others, and is reported as broken."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bench.__main__ as bench_main
from bench import report


def _measurement(name: str, outcome: Any) -> ModuleType:
    module = ModuleType(f"bench.{name}")

    def run() -> Any:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    module.run = run  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize("fault", [SystemExit("no Chromium"), RuntimeError("a server ended"), SystemExit(1)])
def test_one_that_breaks_ends_no_other(fault: BaseException, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    monkeypatch.setattr(bench_main, "NAMES", ("broken", "whole"))
    for name, outcome in (("broken", fault), ("whole", [report.at_most("time", 1, 2, "ms")])):
        monkeypatch.setitem(sys.modules, f"bench.{name}", _measurement(name, outcome))
    assert bench_main.main([]) == 1
    kept = json.loads((tmp_path / "latest.json").read_text())
    assert [row["name"] for row in kept["broken"]] == ["could not be measured"]
    assert not kept["broken"][0]["ok"]
    assert kept["whole"][0]["ok"]
