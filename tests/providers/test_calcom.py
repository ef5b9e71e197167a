"""The Cal.com client against the stand-in, over HTTP, with faults ordered there."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.core import clock, limits
from portal.core.errors import (
    CalendarBusy,
    CalendarUnavailable,
    LookedTooFar,
    OutcomeUnknown,
    PortalError,
    ProviderRefused,
    SlotTaken,
)
from portal.providers.calcom import (
    AlreadyCancelled,
    AlreadySignedUp,
    CalBooking,
    CalcomClient,
    CalendarBookingNotFound,
    CallBudget,
    CalStatus,
    KeyRefused,
    OpenSlot,
)
from portal.providers.calcom import (
    client as client_module,
)
from portal.providers.calcom.budget import BACKGROUND_READS, LOOKS, LOOKS_OF_ONE
from tests.conftest import free_port
from tests.factories import Sandbox

pytestmark = pytest.mark.usefixtures("valkey")

KEY = "cal_secret_key_4711"
ZONE = "America/New_York"
CUT, CLASS, ASKED = 501, 502, 503
ACCOUNT = {
    "api_key": KEY, "name": "Shop", "email": "shop@example.com", "timezone": ZONE, "rate_limit_per_minute": 0,
    "schedule": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "09:00", "end": "17:00"}],
    "event_types": [
        {"id": CUT, "slug": "cut", "title": "Cut", "length_minutes": 30},
        {"id": CLASS, "slug": "class", "title": "Class", "length_minutes": 60, "seats": 2, "host": "coach"},
        {"id": ASKED, "slug": "asked", "title": "Asked", "length_minutes": 30, "requires_confirmation": True},
    ],
}  # fmt: skip
BOOKINGS = "/bookings$"


@pytest.fixture
def calcom(sandbox: Sandbox) -> CalcomClient:
    sandbox.post("/_sandbox/calcom/accounts", ACCOUNT)
    return CalcomClient(KEY)


def at(hour: int, minute: int = 0) -> datetime:
    """A time of day on the shop's clock, three days ahead."""
    day = clock.now().astimezone(ZoneInfo(ZONE)).date() + timedelta(days=3)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def book(calcom: CalcomClient, start: datetime, **changed: Any) -> CalBooking:
    wanted = {"event_type_id": CUT, "name": "Ana", "email": "ana@example.com", "time_zone": ZONE, "key": "b-1"}
    return calcom.create_booking(start=start, **wanted | changed)


def requests(sandbox: Sandbox) -> list[dict[str, Any]]:
    return list(sandbox.get("/_sandbox/requests", provider="calcom")["requests"])


def stored(sandbox: Sandbox) -> list[dict[str, Any]]:
    return list(sandbox.get("/_sandbox/calcom/bookings")["bookings"])


class TestAccount:
    def test_me(self, calcom: CalcomClient) -> None:
        me = calcom.me()
        assert (me.email, me.time_zone) == ("shop@example.com", ZONE)

    def test_event_types(self, calcom: CalcomClient) -> None:
        found = {event_type.id: event_type for event_type in calcom.event_types()}
        assert found[CUT] == calcom.event_type(CUT)
        assert [(found[n].seats, found[n].length_in_minutes) for n in (CUT, CLASS)] == [(1, 30), (2, 60)]
        assert [found[n].requires_confirmation for n in (CUT, ASKED)] == [False, True]

    def test_unknown_event_type(self, calcom: CalcomClient) -> None:
        with pytest.raises(ProviderRefused) as refused:
            calcom.event_type(999)
        assert (refused.value.provider_status, refused.value.provider_code) == (404, "NotFoundException")

    def test_bad_key(self, calcom: CalcomClient) -> None:
        with pytest.raises(KeyRefused) as refused:
            CalcomClient("cal_wrong").me()
        assert refused.value.provider_status == 401


class TestSlots:
    def test_in_utc_with_their_ends(self, calcom: CalcomClient) -> None:
        slots = calcom.slots(CUT, at(10), at(11, 30), ZONE)
        assert slots == [OpenSlot(start, start + timedelta(minutes=30)) for start in (at(10), at(10, 30), at(11))]
        assert all(slot.start.utcoffset() == timedelta(0) for slot in slots)

    def test_across_days(self, calcom: CalcomClient) -> None:
        slots = calcom.slots(CUT, at(16), at(10) + timedelta(days=2))
        assert len(slots) == 2 + 16 + 2
        assert slots == sorted(slots, key=lambda slot: slot.start)

    def test_none(self, calcom: CalcomClient) -> None:
        assert calcom.slots(CUT, at(3), at(5)) == []

    def test_own_time_counts_as_free_when_moving(self, calcom: CalcomClient) -> None:
        booking = book(calcom, at(10))
        assert calcom.slots(CUT, at(10), at(10, 30)) == []
        assert len(calcom.slots(CUT, at(10), at(10, 30), reschedule_uid=booking.uid)) == 1

    def test_unknown_event_type_is_no_empty_day(self, calcom: CalcomClient) -> None:
        with pytest.raises(ProviderRefused):
            calcom.slots(999, at(10), at(11))

    def test_naive_time_is_a_mistake(self, calcom: CalcomClient) -> None:
        with pytest.raises(ValueError, match="zone"):
            calcom.slots(CUT, at(10).replace(tzinfo=None), at(11))


class TestReserve:
    def test_held_once(self, calcom: CalcomClient) -> None:
        uid = calcom.reserve(CUT, at(10), 5)
        with pytest.raises(SlotTaken):
            calcom.reserve(CUT, at(10), 5)
        calcom.release(uid)
        assert calcom.reserve(CUT, at(10), 5) != uid

    def test_releasing_what_is_gone(self, calcom: CalcomClient) -> None:
        calcom.release("00000000-0000-4000-8000-000000000000")


class TestCreateBooking:
    def test_what_is_sent_and_read(self, calcom: CalcomClient, sandbox: Sandbox) -> None:
        made = book(calcom, at(10), phone="+14155550123", notes="left side", metadata={"portal_tenant": "t-1"})
        assert (made.status, made.start, made.end) == (CalStatus.ACCEPTED, at(10), at(10, 30))
        assert made.of_event_type == CUT
        assert made.attendees[0].phone_number == "+14155550123"
        sent = requests(sandbox)[-1]
        assert sent["headers"]["cal-api-version"] == "2024-08-13"
        assert sent["body"] == {
            "start": at(10).strftime("%Y-%m-%dT%H:%M:%SZ"), "eventTypeId": CUT,
            "attendee": {"name": "Ana", "email": "ana@example.com", "timeZone": ZONE, "language": "en",
                         "phoneNumber": "+14155550123"},
            "metadata": {"portal_tenant": "t-1", "portal_booking": "b-1"},
            "bookingFieldsResponses": {"notes": "left side"},
        }  # fmt: skip

    def test_needs_the_owners_consent(self, calcom: CalcomClient) -> None:
        assert book(calcom, at(10), event_type_id=ASKED).status is CalStatus.PENDING

    def test_taken_before(self, calcom: CalcomClient) -> None:
        book(calcom, at(10))
        with pytest.raises(SlotTaken):
            book(calcom, at(10), email="bob@example.com")

    def test_racers(self, calcom: CalcomClient, sandbox: Sandbox) -> None:
        start_line = threading.Barrier(8)

        def race(n: int) -> bool:
            start_line.wait()
            try:
                return bool(book(calcom, at(10), email=f"r{n}@example.com").uid)
            except SlotTaken:
                return False

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(race, range(8)))
        assert sum(won) == 1
        assert len(stored(sandbox)) == 1
        # Who comes a little later finds it taken already, which is the other shape.
        assert {request["status"] for request in requests(sandbox)} <= {201, 400, 409}

    @pytest.mark.parametrize(
        "body",
        [
            {"statusCode": 409, "message": "booking_conflict_error"},
            {"status": "error", "error": {"code": "ConflictException", "message": "no_available_users_found_error"}},
            ["not", "an", "object"],
        ],
    )
    def test_every_shape_of_conflict(self, calcom: CalcomClient, sandbox: Sandbox, body: Any) -> None:
        sandbox.fault(provider="calcom", match={"path_regex": BOOKINGS}, status=409, body=body)
        with pytest.raises(SlotTaken):
            book(calcom, at(10))

    @pytest.mark.parametrize("start", [datetime(2020, 1, 7, 15, tzinfo=UTC)])
    def test_other_refusals_are_no_taken_slot(self, calcom: CalcomClient, start: datetime) -> None:
        with pytest.raises(ProviderRefused) as refused:
            book(calcom, start)
        assert refused.value.provider_status == 400

    def test_bad_email(self, calcom: CalcomClient) -> None:
        with pytest.raises(ProviderRefused) as refused:
            book(calcom, at(10), email="not-an-email")
        assert (refused.value.provider_status, refused.value.provider_code) == (400, "BAD_REQUEST")
        assert "email" not in str(refused.value)

    def test_metadata_beyond_the_limits(self, calcom: CalcomClient, sandbox: Sandbox) -> None:
        with pytest.raises(ValueError, match="metadata"):
            book(calcom, at(10), metadata={"k": "x" * 501})
        assert requests(sandbox) == []

    def test_seats(self, calcom: CalcomClient) -> None:
        first = book(calcom, at(10), event_type_id=CLASS, key="b-1")
        second = book(calcom, at(10), event_type_id=CLASS, key="b-2", email="bob@example.com")
        assert second.uid == first.uid
        assert None is not second.seat_uid != first.seat_uid
        with pytest.raises(SlotTaken):
            book(calcom, at(10), event_type_id=CLASS, key="b-3", email="cy@example.com")

    def test_one_seat_an_email(self, calcom: CalcomClient) -> None:
        book(calcom, at(10), event_type_id=CLASS)
        with pytest.raises(AlreadySignedUp):
            book(calcom, at(10), event_type_id=CLASS)


class TestUnknownOutcome:
    def test_lost_reply_is_found_by_key(self, calcom: CalcomClient, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", match={"method": "POST"}, lost_reply=True)
        with pytest.raises(OutcomeUnknown):
            book(calcom, at(10))
        assert len(stored(sandbox)) == 1
        found = calcom.find_by_key("ana@example.com", "b-1", at(10))
        assert found is not None
        assert (found.start, found.status) == (at(10), CalStatus.ACCEPTED)

    @pytest.mark.parametrize("fault", [{"drop_before": True}, {"status": 500}, {"status": 502, "body": "<html>"}])
    def test_never_sent_twice(self, calcom: CalcomClient, sandbox: Sandbox, fault: dict[str, Any]) -> None:
        sandbox.fault(provider="calcom", match={"method": "POST"}, **fault)
        with pytest.raises(OutcomeUnknown):
            book(calcom, at(10))
        assert len(requests(sandbox)) == 1
        assert calcom.find_by_key("ana@example.com", "b-1", at(10)) is None

    @pytest.mark.parametrize("body", ["<html>", {"status": "success"}, {"status": "success", "data": {"uid": "x"}}, []])
    def test_accepted_but_unreadable(self, calcom: CalcomClient, sandbox: Sandbox, body: Any) -> None:
        sandbox.fault(provider="calcom", match={"method": "POST"}, status=201, body=body)
        with pytest.raises(OutcomeUnknown):
            book(calcom, at(10))

    def test_too_slow(self, calcom: CalcomClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client_module, "WRITE_SECONDS", 0.3)
        sandbox.fault(provider="calcom", match={"method": "POST"}, delay_reply_ms=700)
        with pytest.raises(OutcomeUnknown):
            book(calcom, at(10))
        assert calcom.find_by_key("ana@example.com", "b-1", at(10)) is not None

    @pytest.mark.parametrize("change", ["cancel", "reschedule"])
    def test_changes_too(self, calcom: CalcomClient, sandbox: Sandbox, change: str) -> None:
        uid = book(calcom, at(10)).uid
        sandbox.fault(provider="calcom", match={"method": "POST"}, lost_reply=True)
        with pytest.raises(OutcomeUnknown):
            _ = calcom.cancel_booking(uid) if change == "cancel" else calcom.reschedule_booking(uid, at(11))
        old = calcom.get_booking(uid)
        assert old.status is CalStatus.CANCELLED
        assert (old.rescheduled_to_uid is not None) == (change == "reschedule")

    def test_not_sent_is_known(self, calcom: CalcomClient) -> None:
        nowhere = CalcomClient(KEY, f"http://127.0.0.1:{free_port()}/v2")
        with pytest.raises(CalendarUnavailable):
            book(nowhere, at(10))


class TestReads:
    def test_repeated_until_they_work(self, calcom: CalcomClient, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", status=503)
        sandbox.fault(provider="calcom", drop_before=True)
        assert calcom.me().time_zone == ZONE
        assert len(requests(sandbox)) == 3

    def test_not_for_ever(self, calcom: CalcomClient, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", status=500, times=None)
        with pytest.raises(CalendarUnavailable) as failed:
            calcom.me()
        assert failed.value.transient
        assert len(requests(sandbox)) == 3

    def test_nobody_there(self, calcom: CalcomClient) -> None:
        begun = time.monotonic()
        with pytest.raises(CalendarUnavailable):
            CalcomClient(KEY, f"http://127.0.0.1:{free_port()}/v2").me()
        assert time.monotonic() - begun < 8

    def test_too_slow(self, calcom: CalcomClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client_module, "READ_SECONDS", 0.2)
        sandbox.fault(provider="calcom", delay_ms=1500)
        assert calcom.me().time_zone == ZONE
        sandbox.fault(provider="calcom", delay_ms=1500, times=None)
        with pytest.raises(CalendarUnavailable):
            calcom.me()

    @pytest.mark.parametrize(
        "body", ["<html>", [], {"status": "success"}, {"status": "success", "data": [{"start": 1}]}]
    )
    def test_rubbish_is_no_empty_day(self, calcom: CalcomClient, sandbox: Sandbox, body: Any) -> None:
        sandbox.fault(provider="calcom", status=200, body=body)
        with pytest.raises(CalendarUnavailable):
            calcom.slots(CUT, at(10), at(11))


class TestGetBooking:
    def test_unknown(self, calcom: CalcomClient) -> None:
        with pytest.raises(CalendarBookingNotFound):
            calcom.get_booking("doesnotexist")

    @pytest.mark.parametrize("uid", ["", "../me", "a/b", "a?b=c", "x" * 200, "ä"])
    def test_what_is_no_uid_is_not_sent(self, calcom: CalcomClient, sandbox: Sandbox, uid: str) -> None:
        for call in (calcom.get_booking, calcom.cancel_booking):
            with pytest.raises(CalendarBookingNotFound):
                call(uid)
        assert requests(sandbox) == []


class TestCancel:
    def test_once(self, calcom: CalcomClient) -> None:
        uid = book(calcom, at(10)).uid
        assert calcom.cancel_booking(uid, "ill").status is CalStatus.CANCELLED
        assert calcom.get_booking(uid).cancellation_reason == "ill"
        with pytest.raises(AlreadyCancelled):
            calcom.cancel_booking(uid)

    def test_unknown(self, calcom: CalcomClient) -> None:
        with pytest.raises(CalendarBookingNotFound):
            calcom.cancel_booking("doesnotexist")

    def test_one_seat_leaves_the_others(self, calcom: CalcomClient) -> None:
        book(calcom, at(10), event_type_id=CLASS, key="b-1")
        second = book(calcom, at(10), event_type_id=CLASS, key="b-2", email="bob@example.com")
        calcom.cancel_booking(second.uid, seat_uid=second.seat_uid)
        left = calcom.get_booking(second.uid)
        assert left.status is CalStatus.ACCEPTED
        assert [left.carries("portal_booking", key) for key in ("b-1", "b-2")] == [True, False]


class TestReschedule:
    def test_new_uid(self, calcom: CalcomClient) -> None:
        old = book(calcom, at(10))
        moved = calcom.reschedule_booking(old.uid, at(15), "traffic")
        assert moved.uid != old.uid == moved.rescheduled_from_uid
        assert (moved.start, moved.status) == (at(15), CalStatus.ACCEPTED)
        assert calcom.get_booking(old.uid).rescheduled_to_uid == moved.uid
        with pytest.raises(AlreadyCancelled):
            calcom.reschedule_booking(old.uid, at(16))

    def test_to_a_taken_time(self, calcom: CalcomClient) -> None:
        book(calcom, at(10))
        other = book(calcom, at(11), email="bob@example.com")
        with pytest.raises(SlotTaken):
            calcom.reschedule_booking(other.uid, at(10))
        assert calcom.get_booking(other.uid).status is CalStatus.ACCEPTED

    def test_one_seat(self, calcom: CalcomClient) -> None:
        made = book(calcom, at(10), event_type_id=CLASS)
        moved = calcom.reschedule_booking(made.uid, at(12), "why", seat_uid=made.seat_uid)
        assert moved.start == at(12)


class TestListBookings:
    def test_all_pages(self, calcom: CalcomClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client_module, "PAGE_SIZE", 2)
        for hour in (9, 10, 11, 12, 13):
            book(calcom, at(hour))
        listed = [booking.start for booking in calcom.list_bookings(event_type_id=CUT)]
        assert listed == [at(hour) for hour in (9, 10, 11, 12, 13)]
        assert sum(request["method"] == "GET" for request in requests(sandbox)) == 3

    def test_filters(self, calcom: CalcomClient) -> None:
        book(calcom, at(10))
        book(calcom, at(11), email="bob@example.com")
        gone = book(calcom, at(12))
        calcom.cancel_booking(gone.uid)

        def starts(**wanted: Any) -> list[datetime]:
            return [booking.start for booking in calcom.list_bookings(**wanted)]

        assert starts(attendee_email="bob@example.com") == [at(11)]
        assert starts(after=at(10, 30), before=at(11, 45)) == [at(11)]
        assert starts(status=["cancelled"]) == [at(12)]
        assert starts(status=["upcoming", "cancelled"]) == [at(10), at(11), at(12)]
        assert starts(event_type_id=ASKED) == []


class TestFindByKey:
    def test_only_ours(self, calcom: CalcomClient) -> None:
        book(calcom, at(10), key="other")
        assert calcom.find_by_key("ana@example.com", "b-1", at(10)) is None
        book(calcom, at(11), key="b-1")
        found = calcom.find_by_key("ana@example.com", "b-1", at(10))
        assert found is not None
        assert found.start == at(11)

    def test_a_standing_one_before_a_cancelled_one(self, calcom: CalcomClient) -> None:
        first = book(calcom, at(10))
        moved = calcom.reschedule_booking(first.uid, at(15))
        found = calcom.find_by_key("ana@example.com", "b-1", at(10))
        assert found is not None
        assert found.uid == moved.uid

    def test_a_seat(self, calcom: CalcomClient) -> None:
        book(calcom, at(10), event_type_id=CLASS, key="b-1")
        second = book(calcom, at(10), event_type_id=CLASS, key="b-2", email="bob@example.com")
        found = calcom.find_by_key("bob@example.com", "b-2", at(10))
        assert found is not None
        assert found.seat_with("portal_booking", "b-2") == second.seat_uid


class TestBudget:
    @pytest.fixture
    def limited(self, sandbox: Sandbox) -> CalcomClient:
        sandbox.post("/_sandbox/calcom/accounts", ACCOUNT | {"rate_limit_per_minute": 120})
        return CalcomClient(KEY, budget=CallBudget.of_key(KEY, wait_up_to=0.05))

    def test_reads_leave_room_for_writes_and_nobody_is_banned(self, limited: CalcomClient, sandbox: Sandbox) -> None:
        def read(_: int) -> bool:
            try:
                return bool(limited.me().id)
            except CalendarBusy as busy:
                return not busy.details["retry_after_seconds"] > 0

        with ThreadPoolExecutor(16) as pool:
            served = list(pool.map(read, range(150)))
        assert sum(served) == 100
        uids = [limited.reserve(CUT, at(9) + timedelta(minutes=30 * n), 5) for n in range(16)]
        assert len(uids) == 16
        assert 429 not in {request["status"] for request in requests(sandbox)}

    def test_a_visitor_has_a_share_and_bookings_have_the_rest(self, limited: CalcomClient) -> None:
        for visitor in range(LOOKS // LOOKS_OF_ONE):
            looking = limited.for_visitor(f"visitor {visitor}")
            for _ in range(LOOKS_OF_ONE):
                looking.me()
            if visitor < LOOKS // LOOKS_OF_ONE - 1:
                with pytest.raises(LookedTooFar) as refused:
                    looking.me()
                assert 0 < refused.value.retry_after_seconds <= 61
        with pytest.raises(CalendarBusy):
            limited.for_visitor("one more").me()
        assert limited.me().id
        assert book(limited, at(10)).uid

    def test_background_leaves_reads_to_customers(self, limited: CalcomClient) -> None:
        background = CalcomClient(KEY, budget=CallBudget.of_key(KEY, wait_up_to=0.05, reads=BACKGROUND_READS))
        for _ in range(BACKGROUND_READS):
            background.me()
        with pytest.raises(CalendarBusy):
            background.me()
        assert limited.me().id

    def test_others_use_the_key_too(self, limited: CalcomClient, sandbox: Sandbox) -> None:
        headers = {"X-RateLimit-Remaining-Default": "7", "X-RateLimit-Reset-Default": "30"}
        sandbox.fault(provider="calcom", status=404, headers=headers, body={})
        with pytest.raises(ProviderRefused):
            limited.event_type(999)
        with pytest.raises(CalendarBusy):
            limited.me()
        assert book(limited, at(10)).uid

    def test_limited_by_the_server(self, limited: CalcomClient, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", status=429, headers={"X-RateLimit-Reset-Default": "40"}, body={})
        with pytest.raises(CalendarBusy) as busy:
            book(limited, at(10))
        assert busy.value.details == {"retry_after_seconds": 40.0}
        with pytest.raises(CalendarBusy):
            book(limited, at(10))
        assert len(requests(sandbox)) == 1

    def test_short_limits_are_waited_for(self, calcom: CalcomClient, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", status=429, headers={"X-RateLimit-Reset-Default": "1"}, body={})
        begun = time.monotonic()
        assert calcom.me().time_zone == ZONE
        assert time.monotonic() - begun >= 1

    def test_keys_do_not_share(self, limited: CalcomClient) -> None:
        limits.pause_window(CallBudget.of_key("cal_other").name, seconds=60)
        assert limited.me().time_zone == ZONE

    def test_without_redis_nothing_is_sent(
        self, limited: CalcomClient, sandbox: Sandbox, configure: Callable[..., None]
    ) -> None:
        configure(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
        with pytest.raises(CalendarUnavailable):
            book(limited, at(10))
        assert requests(sandbox) == []


class TestSecrecy:
    def test_nothing_personal_in_logs_errors_and_repr(
        self, calcom: CalcomClient, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        made = book(calcom, at(10), phone="+14155550123", notes="allergic")
        texts = [
            repr(calcom),
            repr(made),
            repr(calcom.me()),
            repr(calcom.find_by_key("ana@example.com", "b-1", at(10))),
        ]
        sandbox.fault(provider="calcom", match={"method": "POST"}, lost_reply=True)
        for call in (
            lambda: book(calcom, at(10)),
            lambda: book(calcom, at(10)),
            lambda: calcom.get_booking(made.uid + "x"),
            lambda: CalcomClient(KEY + "-wrong").me(),
            lambda: CalcomClient(KEY, f"http://127.0.0.1:{free_port()}/v2").find_by_key("ana@example.com", "k", at(10)),
        ):
            with pytest.raises(PortalError) as failed:
                call()
            error: BaseException | None = failed.value
            while error is not None:
                texts.append(f"{error!r} {error}")
                error = error.__cause__
        text = "\n".join([*texts, caplog.text])
        for secret in (KEY, "ana@example.com", "ana%40example", "4155550123", "allergic", "shop@example.com", made.uid):
            assert secret not in text
