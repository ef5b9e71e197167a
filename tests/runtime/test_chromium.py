"""Finding a browser that really starts."""

from pathlib import Path

import pytest

from portal.commands.chromium import find_chromium


def script(path: Path, code: int) -> Path:
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return path


class TestFindChromium:
    def test_named_one_comes_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CHROMIUM_PATH", str(script(tmp_path / "browser", 0)))
        assert find_chromium() == tmp_path / "browser"

    def test_stub_that_does_not_start_is_passed_over(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CHROMIUM_PATH", raising=False)
        script(tmp_path / "chromium", 1)
        script(tmp_path / "google-chrome", 0)
        monkeypatch.setenv("PATH", f"{tmp_path}")
        assert find_chromium() == tmp_path / "google-chrome"
