"""Keeping our bookings as Cal.com has them.

What a webhook tells only says which booking to look at. Cal.com is asked for its state, and that state decides the row:
events in any order, repeated or missing, end in the same one. A comparison now and then finds what no webhook told.
"""

from portal.domain.calendar_sync.checking import Health, check, health, length_problem, note_works
from portal.domain.calendar_sync.processing import process, sync
from portal.domain.calendar_sync.reconciling import reconcile
from portal.domain.calendar_sync.registration import is_due, register, unregister, webhook_url

__all__ = [
    "Health",
    "check",
    "health",
    "is_due",
    "length_problem",
    "note_works",
    "process",
    "reconcile",
    "register",
    "sync",
    "unregister",
    "webhook_url",
]
