"""Booking, moving and cancelling: proposals, their confirmation, and what customers see.

The walk: ``propose_…`` checks and holds, ``confirm`` does, ``settle`` finishes what was cut off.
"""

from portal.domain.booking.confirm import book, confirm
from portal.domain.booking.links import manage_token, manage_url, open_manage_token
from portal.domain.booking.proposals import (
    open_proposal,
    propose_cancel,
    propose_create,
    propose_reschedule,
    record_offers,
    slots_for_move,
    withdraw,
)
from portal.domain.booking.refusals import ANOTHER_TIME
from portal.domain.booking.settling import settle
from portal.domain.booking.types import (
    BookingRequest,
    BookingView,
    Contact,
    Kind,
    ProposalState,
    ProposalView,
    Source,
    Status,
)
from portal.domain.booking.views import find, get

__all__ = [
    "ANOTHER_TIME",
    "BookingRequest",
    "BookingView",
    "Contact",
    "Kind",
    "ProposalState",
    "ProposalView",
    "Source",
    "Status",
    "book",
    "confirm",
    "find",
    "get",
    "manage_token",
    "manage_url",
    "open_manage_token",
    "open_proposal",
    "propose_cancel",
    "propose_create",
    "propose_reschedule",
    "record_offers",
    "settle",
    "slots_for_move",
    "withdraw",
]
