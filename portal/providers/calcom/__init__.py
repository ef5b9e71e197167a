"""Cal.com API v2: slots, reservations, bookings, event types."""

from portal.providers.calcom.budget import CallBudget
from portal.providers.calcom.client import BOOKING_KEY, CalcomClient
from portal.providers.calcom.errors import (
    AlreadyCancelled,
    AlreadySignedUp,
    AnswerRefused,
    CalendarBookingNotFound,
    EventTypeNotFound,
    KeyRefused,
    NotAllowed,
    TimeClosed,
)
from portal.providers.calcom.shapes import Account, Attendee, CalBooking, CalStatus, EventType, OpenSlot, Webhook

__all__ = [
    "BOOKING_KEY",
    "Account",
    "AlreadyCancelled",
    "AlreadySignedUp",
    "AnswerRefused",
    "Attendee",
    "CalBooking",
    "CalStatus",
    "CalcomClient",
    "CalendarBookingNotFound",
    "CallBudget",
    "EventType",
    "EventTypeNotFound",
    "KeyRefused",
    "NotAllowed",
    "OpenSlot",
    "TimeClosed",
    "Webhook",
]
