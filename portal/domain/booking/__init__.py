"""Booking, moving and cancelling: proposals, their confirmation, and what customers see.

The walk: ``propose_…`` checks and holds, ``confirm`` does, ``settle`` finishes what was cut off.
"""

from portal.domain.booking.confirm import book, confirm
from portal.domain.booking.corrections import Correction, correct
from portal.domain.booking.details import Change, Details, contacts_given, details
from portal.domain.booking.holds import TooManyHolds
from portal.domain.booking.links import manage_token, manage_url, open_manage_token
from portal.domain.booking.proposals import (
    open_proposal,
    propose_cancel,
    propose_create,
    propose_reschedule,
    record_offers,
    require_proposal,
    slots_for_move,
    withdraw,
)
from portal.domain.booking.refusals import ANOTHER_TIME
from portal.domain.booking.settling import settle
from portal.domain.booking.types import (
    Act,
    ActBy,
    BookingRequest,
    BookingView,
    Contact,
    Kind,
    ProposalState,
    ProposalView,
    Source,
    Status,
)
from portal.domain.booking.views import find, get, of_conversation

__all__ = [
    "ANOTHER_TIME",
    "Act",
    "ActBy",
    "BookingRequest",
    "BookingView",
    "Change",
    "Contact",
    "Correction",
    "Details",
    "Kind",
    "ProposalState",
    "ProposalView",
    "Source",
    "Status",
    "TooManyHolds",
    "book",
    "confirm",
    "contacts_given",
    "correct",
    "details",
    "find",
    "get",
    "manage_token",
    "manage_url",
    "of_conversation",
    "open_manage_token",
    "open_proposal",
    "propose_cancel",
    "propose_create",
    "propose_reschedule",
    "record_offers",
    "require_proposal",
    "settle",
    "slots_for_move",
    "withdraw",
]
