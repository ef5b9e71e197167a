"""Free times and their courtesy holds: ``/v2/slots`` and ``/v2/slots/reservations``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.sandbox.calcom import views
from portal.sandbox.calcom.accounts import EventType
from portal.sandbox.calcom.availability import free_slots
from portal.sandbox.calcom.errors import CalcomError, wrong
from portal.sandbox.calcom.protocol import Call, Operation, Reply, success
from portal.sandbox.calcom.store import Reservation, Store, new_uuid
from portal.sandbox.calcom.times import is_zone, iso_in_zone, parse_moment, range_end
from portal.sandbox.clock import clock

VERSIONS = frozenset({"2024-09-04"})
RESERVATION_MINUTES = 5
PARAMETERS = frozenset(
    {
        "eventTypeId", "eventTypeSlug", "username", "usernames", "teamSlug", "organizationSlug", "start", "end",
        "timeZone", "duration", "format", "bookingUidToReschedule",
    }
)  # fmt: skip
NOBODY_NAMED = [
    (
        "usernames",
        "each value in usernames must be a string, The array must contain at least 2 elements., usernames must be an "
        "array",
    ),
    ("organizationSlug", "organizationSlug must be a string"),
]
KEY_FOR_DURATION = (
    "reservationDuration can only be used for authenticated requests - use access token, api key or OAuth credentials"
)


class SlotsApi:
    """Slots and reservations; neither asks for a key."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def paths(self) -> dict[str, dict[str, Operation]]:
        return {
            "/v2/slots": {"GET": Operation(self.list_slots, VERSIONS, ignores_key=True)},
            "/v2/slots/reservations": {"POST": Operation(self.reserve, VERSIONS)},
            "/v2/slots/reservations/{uid}": {
                "GET": Operation(self.get, VERSIONS),
                "PATCH": Operation(self.move, VERSIONS),
                "DELETE": Operation(self.release, VERSIONS),
            },
        }

    async def list_slots(self, call: Call) -> Reply:
        """Slots by date, in the asked zone. `start` and `end` without an hour are days in UTC, whatever the zone."""
        query = call.query
        start, end = parse_moment(query.get("start")), parse_moment(query.get("end"))
        zone = query.get("timeZone", "UTC")
        problems = _query_problems(query)
        if problems or start is None or end is None:
            raise wrong(problems)
        event_type = self._asked_for(query)
        account = self._store.accounts[event_type.account_key]
        found = free_slots(
            self._store,
            account,
            event_type,
            start=start,
            end=range_end(end),
            now=clock.now(),
            leaving_out=query.get("bookingUidToReschedule"),
        )
        length = timedelta(minutes=event_type.spec.length_minutes)
        days: dict[str, list[dict[str, Any]]] = {}
        for free in found:
            begins = iso_in_zone(free.start, zone)
            ends = iso_in_zone(free.start + length, zone) if query.get("format") == "range" else None
            shown = views.slot(free, event_type.spec.seats, start=begins, end=ends)
            days.setdefault(begins[:10], []).append(shown)
        return Reply({"data": days, "status": "success"})

    def _asked_for(self, query: dict[str, str]) -> EventType:
        wanted, slug, username = query.get("eventTypeId"), query.get("eventTypeSlug"), query.get("username")
        for item in self._store.event_types.values():
            by_name = slug is not None and item.spec.slug == slug and item.host.username == username
            if str(item.id) == wanted or (wanted is None and by_name):
                return item
        raise CalcomError(404, "Event Type not found")

    async def reserve(self, call: Call) -> Reply:
        held = self._planned(call, uid=new_uuid())
        self._store.reservations[held.uid] = held
        return success(views.reservation(held, duration_minutes=_duration(call)), status=201)

    async def get(self, call: Call) -> Reply:
        held = self._store.reservations.get(call.path["uid"])
        return success(views.reservation(held) if held and held.until > clock.now() else None)

    async def move(self, call: Call) -> Reply:
        known = self._store.reservations.get(call.path["uid"])
        if known is None:
            raise CalcomError(404, f"Slot with uid={call.path['uid']} not found")
        held = self._planned(call, uid=known.uid)
        self._store.reservations[held.uid] = held
        return success(views.reservation(held, duration_minutes=_duration(call)))

    async def release(self, call: Call) -> Reply:
        self._store.reservations.pop(call.path["uid"], None)
        return Reply({"status": "success"})

    def _planned(self, call: Call, *, uid: str) -> Reservation:
        """The hold that is asked for, or the reason why not."""
        fields = call.fields
        start, wanted = parse_moment(fields.get("slotStart")), fields.get("eventTypeId")
        if problems := _reservation_problems(fields):
            raise wrong(problems)
        if fields.get("reservationDuration") and call.account is None:
            raise CalcomError(401, KEY_FOR_DURATION)
        event_type = self._store.event_types.get(wanted) if isinstance(wanted, int) else None
        if event_type is None or start is None:
            raise CalcomError(404, f"Event Type with ID={wanted} not found")
        if fields.get("reservationDuration") and event_type.account_key != call.owner.key:
            raise CalcomError(403, "authenticated user is not owner of event type")
        end = start + timedelta(minutes=event_type.spec.length_minutes)
        self._refuse_booked(event_type, start=start, end=end, shown=str(fields["slotStart"]))
        if self._store.live_reservation(event_type.id, start, end):
            taken = "This time slot is already reserved by another user. Please choose a different time."
            raise CalcomError(422, taken)
        until = clock.now() + timedelta(minutes=_duration(call))
        return Reservation(uid=uid, event_type_id=event_type.id, start=start, end=end, until=until)

    def _refuse_booked(self, event_type: EventType, *, start: Any, end: Any, shown: str) -> None:
        """Only bookings of the same event type count here, which is part of why a hold protects so little."""
        for booking in self._store.active_between(event_type.host.id, start, end):
            if booking.event_type_id != event_type.id:
                continue
            if not event_type.spec.seats:
                raise CalcomError(422, "Can't reserve a slot if the event is already booked.")
            if len(booking.attendees) >= event_type.spec.seats:
                raise CalcomError(422, f"Booking with id={event_type.id} at {shown} has no more seats left.")


def _duration(call: Call) -> int:
    return int(call.fields.get("reservationDuration") or RESERVATION_MINUTES)


def _query_problems(query: dict[str, str]) -> list[tuple[str, str]]:
    problems = [
        (name, f"{name} must be a valid ISO 8601 date string")
        for name in ("start", "end")
        if parse_moment(query.get(name)) is None
    ]
    if "timeZone" in query and not is_zone(query["timeZone"]):
        problems.append(("timeZone", "timeZone must be a valid IANA time-zone"))
    if query.get("format", "time") not in ("range", "time"):
        problems.append(("format", "slotFormat must be either 'range' or 'time'"))
    if "eventTypeId" not in query and "eventTypeSlug" not in query:
        # Without either it takes the question for one about several people.
        problems += NOBODY_NAMED
    problems += [(name, f"property {name} should not exist") for name in query if name not in PARAMETERS]
    if not query.get("eventTypeId", "0").isdigit():
        problems.append(("eventTypeId", "eventTypeId must be a number conforming to the specified constraints"))
    return problems


def _reservation_problems(fields: dict[str, Any]) -> list[tuple[str, str]]:
    problems = []
    if type(fields.get("eventTypeId")) is not int:
        problems.append(("eventTypeId", "eventTypeId must be an integer number"))
    if parse_moment(fields.get("slotStart")) is None:
        problems.append(("slotStart", "slotStart must be a valid ISO 8601 date string"))
    duration = fields.get("reservationDuration")
    if duration is not None and (type(duration) is not int or duration < 1):
        problems.append(("reservationDuration", "reservationDuration must be an integer number"))
    return problems
