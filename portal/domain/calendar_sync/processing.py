"""What a webhook of Cal.com's leads to."""

from contextlib import suppress
from typing import Final

from portal.core import db
from portal.core.errors import CalendarBusy, NotConnected
from portal.domain import events
from portal.domain.calendar_sync.looking import Seen, look
from portal.domain.calendar_sync.storing import Outpaced, Stored, UnderWay, store
from portal.domain.events import Event, Finishing

TRIES: Final = 6
LATER_SECONDS: Final = 15
# An hour, more or less: a change that takes longer is not under way.
MOST_ROUNDS: Final = 60


def process(access: db.Access, event: Event, *, finishing: Finishing, round_number: int = 0) -> None:
    """Bring the booking that an event speaks of up to date.

    ``finishing`` opens the transaction that also ends the job. Raises CalendarUnavailable, CalendarBusy, KeyRefused.
    """
    uids = uids_of(event)
    if not uids:
        _finish(finishing, event, Stored("nothing to do"))
        return
    try:
        _process(access, event, uids, finishing)
    except NotConnected:
        _finish(finishing, event, Stored("no calendar connected"))
    except UnderWay:
        if round_number >= MOST_ROUNDS:
            raise
        with finishing() as scope:
            scope.enqueue(
                "process_calcom_webhook", delay_seconds=LATER_SECONDS, event_id=event.id, round=round_number + 1
            )


def sync(access: db.Access, uid: str, *, with_gone: bool = True) -> Stored:
    """Bring one booking up to date. Raises NotConnected, UnderWay, CalendarUnavailable, CalendarBusy, KeyRefused."""
    for _ in range(TRIES):
        seen = look(access, [uid])
        if seen is None:
            return Stored("unknown to Cal.com")
        with suppress(Outpaced), access.begin() as scope:
            return store(scope, seen, with_gone=with_gone)
    raise CalendarBusy


def uids_of(event: Event) -> tuple[str, ...]:
    """The uids that an event names, oldest first. Some events wrap what they tell, those about meetings do not."""
    told = event.payload.get("payload")
    if not isinstance(told, dict):
        told = event.payload
    named = (told.get("rescheduleUid"), told.get("uid") or told.get("bookingUid"))
    return tuple(dict.fromkeys(uid for uid in named if isinstance(uid, str) and uid))


def _process(access: db.Access, event: Event, uids: tuple[str, ...], finishing: Finishing) -> None:
    for _ in range(TRIES):
        seen = look(access, uids)
        with suppress(Outpaced), finishing() as scope:
            if seen is None:
                events.finish(scope, event.id, "unknown to Cal.com")
            else:
                _store(scope, seen, event)
            return
    raise CalendarBusy


def _store(scope: db.Scope, seen: Seen, event: Event) -> None:
    stored = store(scope, seen)
    # What came before Cal.com was asked is told by its answer too: of a burst about one booking most is done at once.
    scope.execute(
        "select portal.finish_events_before(:moment, :uids, 'told by a later answer', :booking)",
        moment=seen.asked_at, uids=list(seen.names.uids), booking=stored.booking_id,
    )  # fmt: skip
    events.finish(scope, event.id, stored.what, booking_id=stored.booking_id)


def _finish(finishing: Finishing, event: Event, stored: Stored) -> None:
    with finishing() as scope:
        events.finish(scope, event.id, stored.what, booking_id=stored.booking_id)
