"""`make clean`: end what a killed demo left, then delete what was made here. Needs no installed package."""

import shutil
import sys

from portal.commands.places import ROOT, STATE
from portal.runtime.errors import StartError
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.processes import Supervisor
from portal.runtime.stopping import StopRequest
from portal.runtime.valkey import EmbeddedValkey

_MADE = (".web", ".states", "build", "dist", "bench/results")
_CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis")


def main() -> int:
    """0, or 1 and one sentence when a demo is running here."""
    try:
        with StopRequest() as stop_request, Supervisor(STATE, stop_request=stop_request, tell=_tell, holder="A demo"):
            for server in (EmbeddedPostgres(STATE / "postgres"), EmbeddedValkey(STATE / "valkey")):
                server.remove()
    except StartError as error:
        _tell(str(error))
        return 1
    shutil.rmtree(STATE, ignore_errors=True)
    for name in (*_MADE, *_CACHES):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0


def _tell(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main())
