"""Servers for one test run: in a temporary folder, nothing synced to disk unless asked for, removed at the end."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.valkey import EmbeddedValkey


@contextmanager
def temporary_postgres(*, durable: bool = False) -> Iterator[EmbeddedPostgres]:
    """A started PostgreSQL in a folder of its own."""
    with temporary_folder("portal-pg-") as folder:
        server = EmbeddedPostgres(folder / "server", durable=durable)
        with server:
            yield server
        server.remove()


@contextmanager
def temporary_valkey() -> Iterator[EmbeddedValkey]:
    """A started Valkey in a folder of its own."""
    with temporary_folder("portal-kv-") as folder, EmbeddedValkey(folder / "server", durable=False) as server:
        yield server


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """A folder that every account may pass through (pytest's own may not be entered by `nobody`)."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
