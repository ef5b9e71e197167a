"""The Cal.com client against answers of a real server: each is served again, and what the client asks is compared.

The recordings are reference data beside the repository; without them these tests are skipped.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.core.errors import CalendarBusy, ProviderRefused, SlotTaken
from portal.providers.calcom import (
    AlreadyCancelled,
    AnswerRefused,
    CalcomClient,
    CalendarBookingNotFound,
    CallBudget,
    CalStatus,
    EventTypeNotFound,
    KeyRefused,
    TimeClosed,
)
from tests.factories import Sandbox

SPECS = Path(__file__).parents[2].parent / "shared" / "specs"
RECORDINGS = [SPECS / "calcom-recorded.json", SPECS / "calcom-recorded-2.json"]

pytestmark = [
    pytest.mark.usefixtures("valkey"),
    pytest.mark.skipif(not all(path.exists() for path in RECORDINGS), reason=f"no recorded exchanges in {SPECS}"),
]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


BOOKED = moment("2026-12-08T08:30:00Z")
DAY = (moment("2026-12-08T00:00:00Z"), moment("2026-12-10T00:00:00Z"))
Ask = Callable[[CalcomClient], Any]


def create(calcom: CalcomClient, start: str = "2026-12-08T08:30:00Z", **changed: Any) -> Any:
    wanted = {"event_type_id": 2, "name": "Ana Guest", "email": "ana@example.com", "time_zone": "Europe/Berlin"}
    return calcom.create_booking(start=moment(start), key="b-1", **wanted | changed)


class Replay:
    """Serves a recorded answer to the next call, and compares that call with the recorded one."""

    def __init__(self, sandbox: Sandbox) -> None:
        found = [json.loads(path.read_text(encoding="utf-8"))["exchanges"] for path in RECORDINGS]
        self.recorded = {exchange["name"]: exchange for exchanges in found for exchange in exchanges}
        self._sandbox = sandbox

    def __call__(self, name: str, ask: Ask) -> Any:
        recorded = self.recorded[name]
        answer = recorded["response"]
        headers = {key: value for key, value in answer["headers"].items() if key.lower() != "content-type"}
        self._sandbox.fault(provider="calcom", status=answer["status"], headers=headers, body=answer["body"])
        try:
            # A budget of its own, or the recorded rate limits would hold up the next one.
            return ask(CalcomClient("cal_recorded", budget=CallBudget.of_key(name)))
        finally:
            sent = self._sandbox.get("/_sandbox/requests", provider="calcom")["requests"][-1]
            self._compare(sent, recorded["request"])

    def _compare(self, sent: dict[str, Any], recorded: dict[str, Any]) -> None:
        path = urlsplit(recorded["path"])
        assert (sent["method"], sent["path"].removeprefix("/calcom")) == (recorded["method"], path.path)
        assert sent["headers"].get("cal-api-version") == recorded["headers"].get("cal-api-version")
        assert parse_qs(path.query).keys() <= parse_qs(sent["query"]).keys() | {"take", "skip", "sortStart"}
        if "body" in recorded:
            wanted = {key for key in recorded["body"] if key != "metadata"}
            assert wanted <= (sent["body"] or {}).keys()


@pytest.fixture
def replay(sandbox: Sandbox) -> Replay:
    return Replay(sandbox)


class TestAnswers:
    def test_me(self, replay: Replay) -> None:
        me = replay("me", lambda calcom: calcom.me())
        assert (me.id, me.username, me.time_zone) == (1, "rig", "Europe/Berlin")

    def test_event_types(self, replay: Replay) -> None:
        listed = replay("event_types_list", lambda calcom: calcom.event_types())
        one = replay("event_type_get", lambda calcom: calcom.event_type(2))
        assert one == listed[1]
        assert (one.slug, one.length_in_minutes, one.minimum_booking_notice, one.seats) == ("room", 30, 120, 1)
        assert not one.requires_confirmation

    def test_slots(self, replay: Replay) -> None:
        slots = replay("slots_range_format", lambda calcom: calcom.slots(2, *DAY, "America/New_York"))
        assert (slots[0].start, slots[0].end) == (moment("2026-12-08T08:00:00Z"), BOOKED)
        assert len(slots) == 32

    def test_slots_without_ends(self, replay: Replay) -> None:
        slots = replay("slots_day", lambda calcom: calcom.slots(2, *DAY, "Europe/Berlin"))
        assert slots[0].start == moment("2026-12-08T08:00:00Z")
        assert {slot.end for slot in slots} == {None}

    def test_slots_on_both_sides_of_a_clock_change(self, replay: Replay) -> None:
        span = moment("2027-03-26T00:00:00Z"), moment("2027-03-30T00:00:00Z")
        slots = replay("slots_across_dst", lambda calcom: calcom.slots(2, *span, "Europe/Berlin"))
        assert {slot.start.hour for slot in slots if slot.start.day == 26} == set(range(8, 16))
        assert {slot.start.hour for slot in slots if slot.start.day == 29} == set(range(7, 15))

    def test_slots_at_the_hour_that_is_left_out(self, replay: Replay) -> None:
        span = moment("2027-03-13T05:00:00Z"), moment("2027-03-16T04:00:00Z")
        slots = replay("slots_across_spring_in_new_york", lambda calcom: calcom.slots(1, *span, "America/New_York"))
        starts = [slot.start for slot in slots]
        assert starts == sorted(set(starts))
        assert {moment("2027-03-14T06:30:00Z"), moment("2027-03-14T07:00:00Z")} <= set(starts)

    def test_slots_whose_end_has_another_offset(self, replay: Replay) -> None:
        span = moment("2027-04-03T00:00:00Z"), moment("2027-04-06T00:00:00Z")
        slots = replay("slots_lord_howe_half_hour_change", lambda calcom: calcom.slots(4, *span, "Australia/Lord_Howe"))
        assert {slot.end - slot.start for slot in slots if slot.end} == {timedelta(hours=1)}

    def test_slots_with_a_key_that_was_revoked(self, replay: Replay) -> None:
        span = moment("2027-01-25T00:00:00Z"), moment("2027-01-26T00:00:00Z")
        assert len(replay("slots_revoked_key", lambda calcom: calcom.slots(4, *span))) == 7

    def test_hidden_event_types(self, replay: Replay) -> None:
        listed = replay("event_types_with_a_hidden_one", lambda calcom: calcom.event_types())
        assert 1 in {each.id for each in listed}
        assert replay("booking_of_hidden", create).of_event_type == 1

    @pytest.mark.parametrize("name", ["slots_weekend_none", "slots_past"])
    def test_no_slots(self, replay: Replay, name: str) -> None:
        assert replay(name, lambda calcom: calcom.slots(2, *DAY)) == []

    def test_reservation(self, replay: Replay) -> None:
        start = moment("2027-04-13T07:00:00Z")
        uid = replay("reserve_for_five_minutes", lambda calcom: calcom.reserve(2, start, 5))
        assert uid == "3ae54668-4e5e-4d6c-b9f1-5fb63e64da1d"
        replay("reservation_delete", lambda calcom: calcom.release("e998c6db-55ca-4034-b5a8-c4a4f37d3b20"))

    def test_created(self, replay: Replay) -> None:
        made = replay("booking_create", create)
        assert (made.uid, made.status, made.start) == ("3HdLWBsC7SLFFc2WurLhfJ", CalStatus.ACCEPTED, BOOKED)
        assert made.of_event_type == 2

    def test_created_with_phone_and_notes(self, replay: Replay) -> None:
        made = replay(
            "booking_create_phone_and_notes",
            lambda calcom: create(calcom, phone="+14155550123", notes="left side please"),
        )
        assert made.attendees[0].phone_number == "+14155550123"

    def test_created_pending(self, replay: Replay) -> None:
        assert replay("booking_create_needs_confirmation", create).status is CalStatus.PENDING

    def test_read(self, replay: Replay) -> None:
        got = replay("booking_get", lambda calcom: calcom.get_booking("3HdLWBsC7SLFFc2WurLhfJ"))
        assert got.carries("idempotency_key", "b-1")
        assert got.attendees[0].email == "ana@example.com"

    def test_read_after_a_move(self, replay: Replay) -> None:
        old = replay(
            "booking_get_after_reschedule_old_uid", lambda calcom: calcom.get_booking("3HdLWBsC7SLFFc2WurLhfJ")
        )
        assert (old.status, old.rescheduled_to_uid) == (CalStatus.CANCELLED, "eqcYYouceC7xNm26DSXzsy")

    def test_listed(self, replay: Replay) -> None:
        listed = replay(
            "bookings_list_by_attendee", lambda calcom: list(calcom.list_bookings(attendee_email="ana@example.com"))
        )
        assert [booking.uid for booking in listed] == ["3HdLWBsC7SLFFc2WurLhfJ"]

    def test_page_of_a_list(self, replay: Replay) -> None:
        def first(calcom: CalcomClient) -> Any:
            return next(calcom.list_bookings(event_type_id=2, after=DAY[0], status=["upcoming"]))

        assert replay("bookings_list_page", first).start == BOOKED

    def test_moved(self, replay: Replay) -> None:
        uid, start = "3HdLWBsC7SLFFc2WurLhfJ", moment("2026-12-08T12:00:00Z")
        moved = replay("booking_reschedule", lambda calcom: calcom.reschedule_booking(uid, start, "traffic"))
        assert (moved.uid, moved.rescheduled_from_uid, moved.start) == ("eqcYYouceC7xNm26DSXzsy", uid, start)

    def test_cancelled(self, replay: Replay) -> None:
        gone = replay("booking_cancel", lambda calcom: calcom.cancel_booking("eqcYYouceC7xNm26DSXzsy", "ill"))
        assert (gone.status, gone.cancellation_reason) == (CalStatus.CANCELLED, "ill")


NEXT_DAY = moment("2026-12-08T09:00:00Z")
OLD, NEW = "3HdLWBsC7SLFFc2WurLhfJ", "eqcYYouceC7xNm26DSXzsy"
REFUSALS: list[tuple[str, Ask, type[Exception], int]] = [
    ("me_bad_key", lambda calcom: calcom.me(), KeyRefused, 401),
    ("event_type_unknown", lambda calcom: calcom.event_type(99999), ProviderRefused, 404),
    ("slots_unknown_event_type", lambda calcom: calcom.slots(99999, *DAY), ProviderRefused, 404),
    ("slots_bad_timezone", lambda calcom: calcom.slots(2, *DAY, "Mars/Base"), ProviderRefused, 400),
    ("booking_past", create, TimeClosed, 400),
    ("booking_bad_email", create, AnswerRefused, 400),
    ("empty_name", create, AnswerRefused, 400),
    ("notes_1001", lambda calcom: create(calcom, notes="x"), AnswerRefused, 400),
    ("metadata_number", create, ProviderRefused, 400),
    ("booking_bad_timezone", create, ProviderRefused, 400),
    ("booking_unknown_event_type", create, EventTypeNotFound, 404),
    ("booking_deleted_event_type", create, EventTypeNotFound, 404),
    ("slots_deleted_event_type", lambda calcom: calcom.slots(2, *DAY), ProviderRefused, 404),
    ("slots_never_valid_key", lambda calcom: calcom.slots(4, *DAY), KeyRefused, 401),
    ("booking_revoked_key", create, KeyRefused, 401),
    ("me_revoked_key", lambda calcom: calcom.me(), KeyRefused, 401),
    ("booking_get_unknown", lambda calcom: calcom.get_booking("doesnotexist"), CalendarBookingNotFound, 404),
    ("booking_reschedule_old_uid_again", lambda calcom: calcom.reschedule_booking(OLD, DAY[0]), AlreadyCancelled, 400),
    ("booking_cancel_twice", lambda calcom: calcom.cancel_booking(NEW), AlreadyCancelled, 400),
    ("booking_cancel_unknown", lambda calcom: calcom.cancel_booking("doesnotexist"), CalendarBookingNotFound, 404),
]
TAKEN: list[tuple[str, Ask]] = [
    ("booking_create_taken_sequential", create),
    ("booking_create_same_again", create),
    ("booking_outside_hours", create),
    ("booking_reschedule_to_taken", lambda calcom: calcom.reschedule_booking(NEW, NEXT_DAY)),
    ("reserve_taken", lambda calcom: calcom.reserve(2, moment("2026-12-08T08:00:00Z"), 5)),
]


class TestRefusals:
    @pytest.mark.parametrize(("name", "ask", "error", "status"), REFUSALS, ids=[row[0] for row in REFUSALS])
    def test_kind(self, replay: Replay, name: str, ask: Ask, error: type[Exception], status: int) -> None:
        with pytest.raises(error) as refused:
            replay(name, ask)
        assert type(refused.value) is error
        assert isinstance(refused.value, ProviderRefused)
        assert refused.value.provider_status == status

    @pytest.mark.parametrize(("name", "ask"), TAKEN, ids=[row[0] for row in TAKEN])
    def test_taken(self, replay: Replay, name: str, ask: Ask) -> None:
        with pytest.raises(SlotTaken):
            replay(name, ask)

    def test_lost_race(self, replay: Replay, sandbox: Sandbox) -> None:
        answers = replay.recorded["booking_race_six_at_once"]["responses"]
        lost = next(answer for answer in answers if answer["status"] == 409)
        sandbox.fault(provider="calcom", status=409, body=lost["body"])
        with pytest.raises(SlotTaken):
            create(CalcomClient("cal_recorded"))

    def test_rate_limited(self, replay: Replay) -> None:
        with pytest.raises(CalendarBusy) as busy:
            replay("rate_limited", lambda calcom: calcom.me())
        assert busy.value.details == {"retry_after_seconds": 60.0}


def test_times_are_utc(replay: Replay) -> None:
    slots = replay("slots_range_format", lambda calcom: calcom.slots(2, *DAY, "America/New_York"))
    assert {slot.start.tzinfo for slot in slots} == {UTC}
