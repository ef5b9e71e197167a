"""What the customer reads when something does not work: one sentence that helps, never a stack trace."""

from portal.assistant.events import ErrorEvent, Event, Handoff
from portal.core.errors import OutcomeUnknown, PortalError
from portal.domain.booking import BookingView, Status
from portal.domain.phrases import long_time
from portal.domain.tenants import Site

OTHERWISE = "you can still book on our booking page (/book) or contact us directly"
MODEL_DOWN = f"I'm sorry, I can't answer right now, but {OTHERWISE}."
BROKEN_OFF = f"I'm sorry, I was cut off there; please ask again, and {OTHERWISE}."
REFUSED = f"I'm sorry, I can't help with that here, but {OTHERWISE}."
NO_ANSWER = f"I'm sorry, I didn't get anywhere with that; please put it differently, and {OTHERWISE}."
CUT_SHORT = "That was all I can say at once; ask me to go on, or about one thing at a time."
SEE_BELOW = "Please have a look below."
SESSION_FULL = f"This conversation has become too long for me; please start a new one, and {OTHERWISE}."
BUDGET_SPENT = f"I'm taking a break for today, but {OTHERWISE}."
SHARE_SPENT = f"I've answered a lot from your connection today and must leave room for others, but {OTHERWISE}."
WAITS = "Nothing is done yet: your request waits for you. Press Confirm if everything on its card is right."
NOTHING_DONE = "Nothing has been booked, moved or cancelled in this conversation yet."
INTERNAL = f"I'm sorry, something went wrong on our side, but {OTHERWISE}."


def with_handoff(site: Site, code: str, message: str) -> list[Event]:
    """An error and, where the business gave one, a way to reach it."""
    events: list[Event] = [ErrorEvent(code, message)]
    return events + handoff(site)


def handoff(site: Site) -> list[Event]:
    profile = site.profile
    return [Handoff(profile.phone, profile.email)] if profile.phone or profile.email else []


def of(error: PortalError) -> ErrorEvent:
    return ErrorEvent(error.code, error.message)


def outcome_note(view: BookingView) -> str:
    """What became of a confirmed request, as a note for the model (and the base of a fixed sentence)."""
    when = long_time(view.start, view.timezone, view.end)
    if view.status is Status.PENDING:
        return (
            f"The customer confirmed. The request for {view.service_name} on {when} is pending: the calendar's answer"
            " is not known yet and will follow by itself. Do not prepare it again."
        )
    if view.status is Status.CANCELLED:
        return f"The customer confirmed. Booking {view.uid} for {view.service_name} on {when} is cancelled."
    moved = "is rescheduled to" if view.sequence else "is confirmed for"
    return f"The customer confirmed. Booking {view.uid} {moved} {view.service_name} on {when}."


def outcome_sentence(view: BookingView) -> str:
    """The same for the customer, when the model can't say it."""
    when = long_time(view.start, view.timezone, view.end)
    if view.status is Status.PENDING:
        return f"Your request for {view.service_name} on {when} is being confirmed by the calendar."
    if view.status is Status.CANCELLED:
        return f"Your booking {view.uid} for {view.service_name} on {when} is cancelled."
    verb = "moved to" if view.sequence else "booked for"
    return f"Your appointment ({view.service_name}, reference {view.uid}) is {verb} {when}."


def failed_note(error: PortalError) -> str:
    if isinstance(error, OutcomeUnknown):
        return (
            "The customer confirmed. The change is pending: the calendar's answer is not known yet and will follow by"
            " itself. Do not prepare it again."
        )
    return (
        f"The customer confirmed, but it failed: {error.message} Nothing was changed. Offer what can be done instead."
    )


DECLINED_NOTE = (
    "The customer declined. The request was withdrawn and nothing was changed. They were told so just now: do not"
    " repeat it; ask what they would like instead."
)
DECLINED = {
    "create": "Alright, I've taken that back: nothing was booked.",
    "cancel": "Alright, I've taken that back: your booking stays as it is.",
    "reschedule": "Alright, I've taken that back: your booking stays at its time.",
}
ANYTHING_ELSE = "What would you like instead?"
SHOWN_AGAIN = (
    "Nothing has been done yet. This is the request that waits: please confirm it, or say what you want instead."
)
WHICH = {
    "create": "Nothing has been booked yet. Shall I book this? Or just say what you want instead.",
    "cancel": "Nothing has been cancelled yet. Shall I cancel this booking? If not, it stays as it is.",
    "reschedule": "Nothing has been moved yet. Shall I move it to this time? For another one, just name the day.",
}
DECIDED_NOTE = (
    "The customer declined, but the request did not wait any more: it was carried out, taken back or had expired. Do"
    " not claim that nothing was changed."
)
DECIDED = "That request is not open any more."
