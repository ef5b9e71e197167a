"""What may not be loaded before the first page: it would cost seconds of every start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SHOW = "import sys, {}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"


def loaded_with(module: str) -> set[str]:
    """Top-level packages in a fresh process that imported `module`."""
    environment = {
        **os.environ,
        "__REFLEX_SKIP_COMPILE": "true",
        "REFLEX_ENV_MODE": "prod",
        "PYTHONDONTWRITEBYTECODE": "",
    }
    command = [sys.executable, "-c", SHOW.format(module)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, env=environment, check=True)
    return set(done.stdout.splitlines()[-1].split())


class TestImports:
    @pytest.mark.parametrize(
        ("module", "unwanted"),
        [
            ("portal.portal", {"anthropic", "fastapi", "httpx2", "alembic", "mako", "huey", "typer", "stripe"}),
            ("portal.commands.demo", {"sqlalchemy", "reflex", "fastapi", "alembic", "redis", "httpx"}),
            ("portal.sandbox.app", {"sqlalchemy", "reflex", "redis", "anthropic"}),
        ],
    )
    def test_heavy_libraries_wait(self, module: str, unwanted: set[str]) -> None:
        assert not unwanted & loaded_with(module)
