"""Days as date fields send them."""

from datetime import date, datetime

from portal.core.errors import InvalidArgument


def day_from(text: str) -> date | None:
    """None for an empty field. Raises InvalidArgument for what is no day."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, not a moment
    except ValueError:
        raise InvalidArgument("That is not a day of the calendar.") from None


def day_text(text: str) -> str:
    """The same day as text; empty for an empty field. Raises InvalidArgument."""
    day = day_from(text)
    return day.isoformat() if day else ""
