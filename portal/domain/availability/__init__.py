"""The times a customer can book: the calendar's open slots, less the past and what is claimed here."""

from portal.domain.availability.claims import is_claimed
from portal.domain.availability.days import (
    drop_day,
    forget_claims,
    peek_day,
    slots_between,
    slots_for_day,
    slots_for_move,
)
from portal.domain.availability.shared import Slot

__all__ = [
    "Slot",
    "drop_day",
    "forget_claims",
    "is_claimed",
    "peek_day",
    "slots_between",
    "slots_for_day",
    "slots_for_move",
]
