"""The one source of the current time."""

from datetime import UTC, datetime


def now() -> datetime:
    """Current time, aware, UTC."""
    return datetime.now(UTC)
