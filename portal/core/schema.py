"""Which schema this code wants and which one a database has, asked without loading the libraries that migrate."""

import hashlib
from pathlib import Path

import psycopg

VERSIONS = Path(__file__).parents[2] / "alembic" / "versions"
FUNCTIONS = Path(__file__).parents[1] / "models" / "sql"
# Tables about the schema itself: they hold no tenant's rows, and have no model.
OWN_TABLES = ("alembic_version", "schema_functions", "scope_keys")


def head() -> str:
    """The newest migration this code knows: files are named ``<revision>_<subject>.py`` and run in that order."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))


def functions_digest() -> str:
    """Of all SQL functions as this code has them, and of the migration they were written for."""
    digest = hashlib.sha256(head().encode())
    for path in sorted(FUNCTIONS.glob("*.sql")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_at_head(url: str) -> bool:
    """Whether the database has exactly the newest migration and functions; False too when it cannot be asked."""
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=3, prepare_threshold=None) as connection:
            connection.execute("set local role portal_customer")
            found = connection.execute("select portal.schema_version()").fetchone()
    except psycopg.Error:
        return False
    return found is not None and found[0] == f"{head()} {functions_digest()}"


def libpq_url(url: str) -> str:
    """An address as psycopg itself takes it, without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
