"""No job without a test that kills workers while they do it."""

import importlib
from pathlib import Path

import pytest

from portal.core import queue


def killed() -> set[str]:
    """The jobs that tests of this folder are marked with (``@kills``)."""
    modules = [
        importlib.import_module(f"tests.faults.{path.stem}") for path in Path(__file__).parent.glob("*_kills.py")
    ]
    marks = [mark for module in modules for test in vars(module.TestKilled).values() for mark in marks_of(test)]
    return {mark.args[0] for mark in marks if mark.name == "kills"}


def marks_of(test: object) -> list[pytest.Mark]:
    return getattr(test, "pytestmark", [])


def test_every_job_is_killed() -> None:
    assert killed() == set(queue.REGISTRY)
