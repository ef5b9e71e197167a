"""What a message changes in the frame: the errand, the service, the time, who the customer is, a no."""

from dataclasses import replace
from datetime import timedelta

from portal.sandbox.anthropic.receptionist.facts import Facts, Service
from portal.sandbox.anthropic.receptionist.frame import (
    Frame,
    Goal,
    Turn,
)
from portal.sandbox.anthropic.receptionist.intents import Intent
from portal.sandbox.anthropic.receptionist.language.clock import Window, at_time, clock_words
from portal.sandbox.anthropic.receptionist.language.dates import DayWish, Mention, Trouble
from portal.sandbox.anthropic.receptionist.language.words import has_phrase
from portal.sandbox.anthropic.receptionist.offers import Reading, Slot, choose
from portal.sandbox.anthropic.receptionist.services import both_in_one, described, recommend
from portal.sandbox.anthropic.receptionist.understanding import Understood
from portal.sandbox.anthropic.receptionist.urgency import fitting_service

_ERRANDS = {
    Intent.RESCHEDULE: Goal.RESCHEDULE,
    Intent.CANCEL: Goal.CANCEL,
    Intent.LOOK_UP: Goal.LOOK_UP,
}
#: A question of no more words is a wish: "haircut tomorrow?"
_BARE = 3
#: Within this, what can't wait is looked for.
_SOON = timedelta(days=7)
_FIRST_ONLY = (r"earliest|soonest|first available|next available|asap|as soon as possible",)


def hear(frame: Frame, said: Understood, facts: Facts) -> None:
    """Puts what a message says into the frame."""
    frame.turn = Turn(said)
    if said.language is not None:
        return  # nothing of it was understood
    if _reports_urgency(frame, said, facts):
        return
    _set_goal(frame, said, facts)
    if frame.turn.abandoned or frame.turn.recalls:
        return
    _hear_service(frame, said, facts)
    _hear_further(frame, said, facts)
    _hear_time(frame, said)
    _hear_contact(frame, said)
    _hear_verdict(frame, said)


def _reports_urgency(frame: Frame, said: Understood, facts: Facts) -> bool:
    """What can't wait becomes the errand: the earliest time of what fits, if anything does."""
    if said.urgency is None or frame.proposal is not None:
        return False
    service = fitting_service(said.text, said.urgency, facts.services)
    if service is not None:
        frame.end_errand()
        frame.begin(Goal.BOOK)
        today = facts.now.date()
        frame.service, frame.turn.changed = service, True
        frame.days, frame.first_only = DayWish(today, today + _SOON, soonest=True), True
        _hear_contact(frame, said)
    return True


def _set_goal(frame: Frame, said: Understood, facts: Facts) -> None:
    if said.has(Intent.INJECTION):
        return
    errand = next((goal for intent, goal in _ERRANDS.items() if said.has(intent)), None)
    if errand is Goal.LOOK_UP and (frame.proposal is not None or frame.done or frame.goal is Goal.BOOK):
        # What waits for confirmation, or was booked here, needs no looking up.
        frame.turn.recalls = frame.proposal is None and bool(frame.done) and said.reference is None
        errand = None if frame.turn.recalls or frame.proposal is not None or said.reference is None else errand
    if frame.turn.recalls:
        return
    if frame.goal is not None and (said.has(Intent.ABANDON) or _drops_unmade(frame, said)):
        frame.end_errand()
        frame.further, frame.turn.abandoned = (), True
    elif errand is Goal.RESCHEDULE and frame.goal is Goal.BOOK and frame.slot is not None:
        frame.turn.changed = True
        frame.slot, frame.proposal, frame.stale = None, None, True
    elif errand is not None:
        frame.begin(errand)
    elif frame.goal is None and said.reference is not None:
        frame.begin(Goal.LOOK_UP)
    elif _wants_booking(frame, said, facts):
        frame.begin(Goal.BOOK)
        frame.turn.changed = True


def _drops_unmade(frame: Frame, said: Understood) -> bool:
    """ "Cancel that" in the middle of booking means the booking in the making, not one that exists."""
    unmade = frame.goal is Goal.BOOK and said.has(Intent.CANCEL) and said.reference is None
    return unmade and (frame.proposal is not None or has_phrase(said.text, r"cancel (?:it|that|this|everything)"))


def _describes_a_need(said: Understood, facts: Facts) -> bool:
    """ "My toilet won't flush" names no service, but what one is for."""
    plain = not said.intents and not said.services.services
    return plain and len(said.text.split()) > 1 and bool(described(said.text, facts.services))


def _wants_booking(frame: Frame, said: Understood, facts: Facts) -> bool:
    if frame.goal is Goal.BOOK:
        return False
    if frame.goal is not None:
        named = frame.goal is not Goal.RESCHEDULE and bool(said.services.services) and _names_a_time(said)
        again = r"(?:book|schedule|make) (?:a|an|another|new|me)\b.*|new (?:appointment|booking)"
        return named or has_phrase(said.text, again)
    if said.has(Intent.BOOK) or _describes_a_need(said, facts):
        return True
    if said.has(Intent.YES) and frame.expecting.booking and not said.has(Intent.QUESTION):
        return True
    if said.asks_information or said.has(Intent.COMPLAINT, Intent.HUMAN):
        return False
    service, time = bool(said.services.services), _names_a_time(said)
    if service and has_phrase(
        said.text, r"(?:can|could|may) (?:i|we|you) (?:please )?(?:get|have|do|come|fix|repair|add|send)"
    ):
        return True
    asks = said.has(Intent.QUESTION) and len(said.text.split()) > _BARE
    return (service and time) or (not asks and (service or time))


def _names_a_time(said: Understood) -> bool:
    return said.days is not None or (said.window is not None and said.window.target is not None)


def _hear_service(frame: Frame, said: Understood, facts: Facts) -> None:
    if frame.goal in (Goal.CANCEL, Goal.LOOK_UP) or said.has(Intent.INJECTION):
        return
    options = _named_services(frame, said, facts)
    if len(options) == 1 and options[0] != frame.service:
        if frame.goal is Goal.RESCHEDULE and frame.service is not None:
            return
        frame.service, frame.options = options[0], ()
        if frame.slot is not None and frame.window is None:
            frame.window = at_time(frame.slot.minute)
        frame.slot, frame.stale = None, True
        _supersede(frame)
    elif len(options) > 1 and (frame.service is None or frame.service not in options):
        frame.options = options
        frame.turn.changed = True


def _named_services(frame: Frame, said: Understood, facts: Facts) -> tuple[Service, ...]:
    """The services that a message means: by name, by its place among the options, by description when asked for "
    "one."""
    named = said.services.services
    if named:
        return tuple(service for service in named if service in frame.options) or named
    if said.has(Intent.RECOMMEND) and frame.service is None:
        return recommend(said.text, facts.services)
    for pattern, index in ((r"first|1st", 0), (r"second|2nd", 1), (r"third|3rd", 2), (r"last", -1)):
        if frame.options and has_phrase(said.text, pattern) and index < len(frame.options):
            return (frame.options[index],)
    if frame.service is None and frame.goal is Goal.BOOK and not frame.options:
        return described(said.text, facts.services)
    return ()


def _hear_further(frame: Frame, said: Understood, facts: Facts) -> None:
    """More than one booking in a message: kept for later, unless one service is both of them."""
    if frame.goal is not Goal.BOOK:
        return
    if frame.combined is not None:
        _hear_combined(frame, said)
    elif said.further and not frame.further:
        frame.further, frame.turn.changed = said.further, True
        second = said.further[0].service
        if frame.service is not None and second not in (None, frame.service) and len(said.further) == 1:
            frame.combined = both_in_one(frame.service, second, facts.services)


def _hear_combined(frame: Frame, said: Understood) -> None:
    """The answer to whether one visit will do for both."""
    apart = has_phrase(said.text, r"two|separate(?:ly)?|both|each|single|apart|individual(?:ly)?")
    named = frame.combined in said.services.services
    if named or (
        not apart and (said.has(Intent.YES) or has_phrase(said.text, r"combined?|one|together|single visit|first"))
    ):
        frame.service, frame.further = frame.combined, ()
    elif not (apart or said.has(Intent.NO)):
        return
    frame.combined, frame.stale, frame.turn.changed = None, True, True


def _hear_time(frame: Frame, said: Understood) -> None:
    if frame.goal not in (Goal.BOOK, Goal.RESCHEDULE) or _asks_about_hours_only(frame, said):
        return
    if said.trouble is not None:
        _hear_trouble(frame, said.trouble)
        return
    said = _after_the_last(frame, _as_meant(frame, said))
    picked = _pick(frame, said)
    if picked is not None:
        if picked != frame.slot:
            _supersede(frame)
        frame.slot, frame.stale = picked, False
        frame.days, frame.turn.picked, frame.turn.changed = DayWish(picked.day, picked.day), True, True
        frame.window = None
        return
    if said.days is None and said.window is None:
        return
    _supersede(frame)
    if said.days is not None:
        if said.window is None and frame.slot is not None and not said.days.soonest:
            frame.window = at_time(frame.slot.minute)
        frame.days, frame.day_options = said.days, ()
    elif frame.slot is not None:
        frame.days = DayWish(frame.slot.day, frame.slot.day)
    elif frame.shown is not None and len({slot.day for slot in frame.shown.slots}) == 1 and frame.shown.slots:
        frame.days = DayWish(frame.shown.slots[0].day, frame.shown.slots[0].day)
    if said.window is not None:
        frame.window = said.window
    frame.first_only = has_phrase(said.text, *_FIRST_ONLY) and said.window is None
    frame.slot, frame.stale = None, True


def _hear_trouble(frame: Frame, trouble: Mention) -> None:
    """A day that is none: what waits no longer holds, and which day is meant must be asked."""
    _supersede(frame)
    frame.slot, frame.stale, frame.days = None, True, None
    if trouble.trouble is Trouble.WRONG_WEEKDAY:
        frame.day_options = (trouble.first, trouble.last)


def _as_meant(frame: Frame, said: Understood) -> Understood:
    """The message with what it refers to put in: a day that was asked about, "earlier" and "later" than what was "
    "named."""
    if said.days is not None and said.days.single:
        meant = [day for day in frame.day_options if day.weekday() == said.days.first.weekday()]
        if meant:
            said = replace(said, days=DayWish(meant[0], meant[0]))
    if said.window is not None or (frame.shown is None and frame.slot is None):
        return said
    named = [frame.slot] if frame.slot is not None else list(frame.shown.slots if frame.shown else ())
    if not named or said.has(Intent.CANCEL):
        return said
    if has_phrase(
        said.text,
        r"(?:anything|something|any|a bit|bit|little|go|one|times?|slots?|what about|how about|even) "
        r"(?:much )?(?:earlier|sooner)|^(?:earlier|sooner)",
    ):
        low = named[0].minute - 1
        return replace(said, window=Window(latest=max(0, low), words=f"before {clock_words(named[0].minute)}"))
    if has_phrase(
        said.text,
        r"(?:anything|something|any|a bit|bit|little|go|times?|slots?|what about|how about|even) "
        r"(?:much )?later|^later",
    ):
        high = named[-1].minute
        return replace(said, window=Window(earliest=high + 1, words=f"after {clock_words(high)}"))
    return said


def _after_the_last(frame: Frame, said: Understood) -> Understood:
    """ "A whitening after that": right after what was booked last."""
    if frame.booked_day is None or not has_phrase(
        said.text, r"(?:right |straight |directly )?after (?:that|it)|afterwards"
    ):
        return said
    start = min(frame.booked_until, 24 * 60 - 1)
    window = said.window or Window(earliest=start, words=f"from {clock_words(start)}")
    return replace(said, days=said.days or DayWish(frame.booked_day, frame.booked_day), window=window)


def _asks_about_hours_only(frame: Frame, said: Understood) -> bool:
    return said.has(Intent.HOURS) and not said.has(Intent.BOOK) and not said.services.services


def _pick(frame: Frame, said: Understood) -> Slot | None:
    if frame.offers is None or frame.stale:
        return None
    agrees = said.has(Intent.YES) and not said.has(Intent.NO) and frame.expecting.time
    reading = Reading(said.text, said.undated, said.days, said.window, agrees, frame.expecting.time)
    shown = frame.shown.slots if frame.shown is not None and (frame.slot is None or frame.expecting.time) else ()
    return choose(reading, frame.offers, shown, frame.slot)


def _hear_contact(frame: Frame, said: Understood) -> None:
    told = {"name": said.name, "email": said.email, "phone": said.phone, "notes": said.notes}
    for part, value in told.items():
        if value is not None and value != getattr(frame, part):
            setattr(frame, part, value)
            _supersede(frame)
    if said.sms is not None:
        frame.sms = said.sms
    if said.reference is not None and frame.goal in (Goal.CANCEL, Goal.RESCHEDULE, Goal.LOOK_UP):
        frame.turn.changed = True
        if said.reference != frame.reference:
            frame.reference, frame.booking = said.reference, None
    elif frame.goal in (Goal.CANCEL, Goal.RESCHEDULE, Goal.LOOK_UP) and frame.reference is None:
        frame.reference = frame.booked


def _supersede(frame: Frame) -> None:
    """Something about the booking changed: what was put up for confirmation no longer holds."""
    frame.turn.changed = True
    if frame.proposal is not None:
        frame.turn.superseded = True
    frame.proposal = None


def _hear_verdict(frame: Frame, said: Understood) -> None:
    """A "no" to what was put up for confirmation."""
    if frame.proposal is None or not said.has(Intent.NO) or said.has(Intent.QUESTION):
        return
    frame.turn.declined = True
    if frame.proposal is Goal.CANCEL:
        frame.end_errand()
    else:
        frame.proposal, frame.slot = None, None
