"""What Cal.com refuses, in words its customer can act on. No refusal is a failure of ours."""

from typing import Final

from portal.core.errors import (
    AlreadyBooked,
    BookingRefused,
    InThePast,
    InvalidArgument,
    NotChangeable,
    NotConnected,
    OutsideHours,
    PortalError,
    ProposalExpired,
    ProviderRefused,
    SlotNotOffered,
    SlotTaken,
    TimeClosed,
)
from portal.providers import calcom

ANOTHER_TIME: Final = (SlotTaken, SlotNotOffered, InThePast, OutsideHours, TimeClosed, ProposalExpired)
"""After these another time must be chosen; everything else that was entered may stay."""
FIELDS: Final = {"name": "name", "email": "e-mail address", "phone": "phone number", "notes": "notes"}
PLAIN: Final[dict[type[ProviderRefused], type[PortalError]]] = {
    calcom.AlreadySignedUp: AlreadyBooked,
    calcom.TimeClosed: TimeClosed,
    # What is wrong with the key or the event type is for the owner to mend.
    calcom.KeyRefused: NotConnected,
    calcom.NotAllowed: NotConnected,
    calcom.EventTypeNotFound: NotConnected,
    calcom.CalendarBookingNotFound: NotChangeable,
    calcom.AlreadyCancelled: NotChangeable,
}
STORED: Final = {
    error.reason: error for error in (SlotTaken, AlreadyBooked, TimeClosed, BookingRefused, NotChangeable, NotConnected)
}
# Once corrected, or mended by the owner, the same request may succeed.
PASSING: Final = (NotConnected.reason, InvalidArgument.reason)


def in_words(refused: ProviderRefused) -> PortalError:
    """The error that says what to do about a refusal."""
    if isinstance(refused, calcom.AnswerRefused) and refused.field:
        words = f"The calendar does not accept this {FIELDS[refused.field]}. Please check it."
        return InvalidArgument(words, details={"field": refused.field})
    return PLAIN.get(type(refused), BookingRefused)()


def stored(reason: str | None) -> PortalError:
    """The error of a change that was refused before, by the reason kept with it."""
    return STORED.get(reason or "", ProposalExpired)()
