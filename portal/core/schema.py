"""Which schema this code wants and which one a database has, asked without loading the libraries that migrate."""

from pathlib import Path

import psycopg

VERSIONS = Path(__file__).parents[2] / "alembic" / "versions"


def head() -> str:
    """The newest migration this code knows: files are named ``<revision>_<subject>.py`` and run in that order."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))


def is_at_head(url: str) -> bool:
    """Whether the database has exactly the newest migration; False too when it cannot be asked."""
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=3, prepare_threshold=None) as connection:
            connection.execute("set local role portal_customer")
            found = connection.execute("select portal.schema_version()").fetchone()
    except psycopg.Error:
        return False
    return found is not None and found[0] == head()


def libpq_url(url: str) -> str:
    """An address as psycopg itself takes it, without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
