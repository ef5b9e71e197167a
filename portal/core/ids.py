"""Identifiers."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A time-ordered UUID (version 7): new rows land at the end of their index."""
    return UUID(int=uuid_utils.uuid7().int)
