"""`portal eval` and `portal bench`: what only a checkout with its tools can do."""

import importlib.util
import os
import sys
from collections.abc import Sequence

from portal.commands.configuration import load_settings
from portal.commands.places import ROOT
from portal.runtime.errors import StartError

#: The evaluations ask the real model with this key, the sandbox without one.
_KEY = "PORTAL_EVAL_API_KEY"


def run_evals(arguments: Sequence[str], *, real: bool) -> None:
    """Become pytest on tests/evals. Raises StartError when the tools, or for ``real`` the key, are missing."""
    key = load_settings().anthropic_api_key
    os.environ.pop(_KEY, None)
    if real and key is None:
        raise StartError("ANTHROPIC_API_KEY must be set: --real asks Anthropic's model and is charged to that key.")
    if real and key is not None:
        os.environ[_KEY] = key.get_secret_value()
    _become("pytest", "tests/evals", *arguments)


def run_bench(arguments: Sequence[str]) -> None:
    """Become the benchmarks. Raises StartError when this is no checkout."""
    load_settings()
    _become("bench", *arguments)


def _become(module: str, *arguments: str) -> None:
    if not (ROOT / "bench").exists() or importlib.util.find_spec("pytest") is None:
        raise StartError(f"{module} needs a checkout with its tools: run `make test` there once, or `uv sync`.")
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - our own interpreter
