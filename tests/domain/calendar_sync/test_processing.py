"""Webhooks of Cal.com processed: its state decides the row."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from portal.core import clock, db, queue, redis
from portal.core.ids import new_id
from portal.domain import booking, calendar_sync
from portal.domain.booking.types import Status
from portal.domain.calendar_sync import looking, storing
from tests.domain.calendar_sync.conftest import Office, text
from tests.domain.test_booking import at, book
from tests.factories import THOROUGH

ORDERS, PARTS = (1000 if THOROUGH else 100), 10
# What one life of a booking ends in, whatever order its events came in.
DECIDED = (
    "cal_booking_uid", "cal_previous_uids", "start_time", "end_time", "status", "sequence", "source", "attendee_email",
    "service_name", "overlapping",
)  # fmt: skip


def decided(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in DECIDED}


class TestBookedThere:
    def test_appears_with_service_customer_and_claim(self, office: Office) -> None:
        uid = office.book(10)
        assert office.process("BOOKING_CREATED", uid) == "done"
        row = office.booking()
        assert (row["cal_booking_uid"], row["status"], row["source"]) == (uid, "confirmed", "other")
        assert (row["service_name"], row["price_cents"], row["service_id"]) == (
            "Haircut", 3500, office.tenant.service_id,
        )  # fmt: skip
        assert (row["attendee_name"], row["attendee_email"]) == ("Zoe", "zoe@example.com")
        assert [each["email"] for each in office.rows("select email from portal.customers")] == ["zoe@example.com"]
        assert office.claims() == [(row["start_time"], row["id"])]
        assert office.results() == ["created"]
        assert office.audit() == ["booking.created"]

    def test_of_no_service_of_ours(self, office: Office) -> None:
        office.rows("update portal.tenant_services set cal_event_type_id = null")
        uid = str(
            office.act(
                "/bookings",
                {
                    "start": text(at(office.tenant, 10)), "eventTypeId": 1001,
                    "attendee": {"name": "Zoe", "email": "zoe@example.com", "timeZone": "UTC"},
                },
            )["uid"]
        )  # fmt: skip
        office.process("BOOKING_CREATED", uid)
        row = office.booking()
        assert (row["service_id"], row["service_name"], row["status"]) == (None, "Event 1001", "confirmed")

    def test_overlaps_what_we_hold(self, office: Office) -> None:
        ours = book(office.tenant, at(office.tenant, 10))
        office.cancel(str(ours.uid))
        theirs = office.book(10)
        office.process("BOOKING_CREATED", theirs)
        held, other = office.bookings()
        assert (held["overlapping"], other["overlapping"]) == (False, True)

    def test_what_is_only_proposed_gives_way(self, office: Office) -> None:
        booking.propose_create(db.customer(office.tenant.id), _request(office, at(office.tenant, 10)), reserve=False)
        uid = office.book(10)
        office.process("BOOKING_CREATED", uid)
        row = office.booking()
        assert (row["overlapping"], office.claims()) == (False, [(row["start_time"], row["id"])])

    def test_moved_and_cancelled_there(self, office: Office) -> None:
        first = office.book(10)
        office.process("BOOKING_CREATED", first)
        second = office.move(first, 14)
        office.process("BOOKING_RESCHEDULED", second, rescheduleUid=first)
        row = office.booking()
        assert (row["cal_booking_uid"], row["cal_previous_uids"], row["sequence"]) == (second, [first], 1)
        assert office.claims() == [(at(office.tenant, 14), row["id"])]
        office.cancel(second)
        office.process("BOOKING_CANCELLED", second)
        assert (office.booking()["status"], office.booking()["sequence"]) == ("cancelled", 2)
        assert office.claims() == []
        assert office.audit() == ["booking.created", "booking.rescheduled", "booking.cancelled"]

    def test_requested_then_accepted_or_rejected(self, office: Office) -> None:
        kinds = [
            {"id": 1001, "slug": "event-1001", "title": "Haircut", "length_minutes": 30, "requires_confirmation": True}
        ]
        office.sandbox.post(
            "/_sandbox/calcom/accounts",
            {
                "api_key": office.tenant.cal_key, "name": "shop", "email": "shop@example.com", "timezone": "UTC",
                "schedule": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "00:00", "end": "24:00"}], "event_types": kinds,
                "rate_limit_per_minute": 0,
            },
        )  # fmt: skip
        accepted, rejected = office.book(10), office.book(12, "yan@example.com")
        for uid in (accepted, rejected):
            office.process("BOOKING_REQUESTED", uid)
        assert [row["status"] for row in office.bookings()] == ["pending", "pending"]
        office.act(f"/bookings/{accepted}/confirm")
        office.act(f"/bookings/{rejected}/decline", {"reason": "full"})
        office.process("BOOKING_CREATED", accepted)
        office.process("BOOKING_REJECTED", rejected)
        assert [row["status"] for row in office.bookings()] == ["confirmed", "cancelled"]

    def test_ended_and_absent(self, office: Office) -> None:
        came, missed = office.book(10), office.book(12, "yan@example.com")
        for uid in (came, missed):
            office.process("BOOKING_CREATED", uid)
        office.sandbox.post("/_sandbox/clock", {"now": text(at(office.tenant, 13))})
        office.act(f"/bookings/{missed}/mark-absent", {"attendees": [{"email": "yan@example.com", "absent": True}]})
        office.process("BOOKING_NO_SHOW_UPDATED", "", bookingUid=missed)
        assert [row["status"] for row in office.bookings()] == ["confirmed", "no_show"]

    def test_over_is_completed(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        uid = office.book(10)
        later = at(office.tenant, 11)
        monkeypatch.setattr(clock, "now", lambda: later)
        [job] = office.tell_all([("MEETING_ENDED", {"uid": uid})])
        # Flat, as only these are.
        flat = "raw_payload - 'payload' || (raw_payload -> 'payload')"
        office.rows(f"update portal.booking_events set raw_payload = {flat}")
        assert queue.run_claimed(job) == "done"
        assert (office.booking()["status"], office.claims()) == ("completed", [])

    def test_says_nothing_of_a_booking(self, office: Office) -> None:
        office.process("PING", "")
        assert (office.bookings(), office.results()) == ([], ["nothing to do"])

    def test_unknown_there_leaves_all_as_it_is(self, office: Office) -> None:
        made = book(office.tenant, at(office.tenant, 10))
        before = office.booking()
        office.rows("update portal.bookings set cal_booking_uid = 'gone'")
        office.process("BOOKING_CANCELLED", "gone")
        assert office.booking()["status"] == before["status"] == made.status
        assert office.results() == ["unknown to Cal.com"]


class TestOurs:
    def test_known_by_uid_and_left_alone(self, office: Office) -> None:
        made = book(office.tenant, at(office.tenant, 10))
        before = office.booking()
        office.process("BOOKING_CREATED", str(made.uid))
        assert (office.booking(), office.results()) == (before, ["unchanged"])

    def test_moved_there(self, office: Office) -> None:
        made = book(office.tenant, at(office.tenant, 10), consent_sms=True)
        moved = office.move(str(made.uid), 15)
        office.process("BOOKING_RESCHEDULED", moved, rescheduleUid=made.uid)
        row = office.booking()
        assert (row["id"], row["cal_booking_uid"], row["start_time"]) == (made.id, moved, at(office.tenant, 15))
        assert (row["source"], row["attendee_email"], row["consent_sms"]) == ("widget", "ana@example.com", True)
        assert office.claims() == [(at(office.tenant, 15), made.id)]
        # And by our own hand afterwards.
        access = db.customer(office.tenant.id, booking_id=made.id)
        again = booking.confirm(access, booking.propose_reschedule(access, start=at(office.tenant, 11)).id)
        assert (again.status, again.start, office.claims()) == (
            Status.CONFIRMED, at(office.tenant, 11), [(at(office.tenant, 11), made.id)],
        )  # fmt: skip

    def test_found_by_any_earlier_uid(self, office: Office) -> None:
        made = book(office.tenant, at(office.tenant, 10))
        second = office.move(str(made.uid), 11)
        third = office.move(second, 12)
        # Only the first one's event arrives, or only the last one's.
        for uid in (str(made.uid), third):
            office.process("BOOKING_CREATED", uid)
            row = office.booking()
            assert (row["cal_booking_uid"], row["cal_previous_uids"]) == (third, [made.uid, second])

    def test_webhook_overtakes_our_own_commit(self, office: Office) -> None:
        """While our booking is under way the event waits, and no second row is made."""
        shop = office.tenant
        booking_id, start = new_id(), at(shop, 10)
        proposal = booking.propose_create(
            db.customer(shop.id), _request(office, start), booking_id=booking_id, reserve=False
        )
        office.rows("update portal.proposals set state = 'executing', lease_until = now() + interval '1 minute'")
        uid = office.book(10, "ana@example.com", metadata={"portal_booking": str(booking_id)})
        assert office.process("BOOKING_CREATED", uid) == "done"
        assert (office.bookings(), office.results()) == ([], [None])
        [waiting] = office.rows("select id, args from portal.jobs where state = 'ready' and name like 'process%%'")
        assert waiting["args"]["round"] == "1"
        # The executor was killed: settling finds the booking, and the event nothing new.
        office.rows("update portal.proposals set lease_until = now() - interval '1 second'")
        booking.settle(shop.id, proposal.id)
        office.rows("update portal.jobs set run_at = now()")
        assert queue.run_claimed(waiting["id"]) == "done"
        assert [row["id"] for row in office.bookings()] == [booking_id]
        assert office.results() == ["unchanged"]

    def test_made_there_after_we_gave_up(self, office: Office) -> None:
        """What we thought had failed was booked after all: it is our booking, with what the customer told us."""
        booking_id, start = new_id(), at(office.tenant, 10)
        request = _request(office, start, notes="First time", phone="+12125550123", consent_sms=True)
        booking.propose_create(db.customer(office.tenant.id), request, booking_id=booking_id, reserve=False)
        office.rows("update portal.proposals set state = 'failed'")
        uid = office.book(10, "ana@example.com", metadata={"portal_booking": str(booking_id)})
        office.process("BOOKING_CREATED", uid)
        row = office.booking()
        assert (row["id"], row["cal_booking_uid"], row["source"]) == (booking_id, uid, "widget")
        assert (row["notes"], row["consent_sms"], row["status"]) == ("First time", True, "confirmed")

    def test_metadata_steals_nothing(self, office: Office) -> None:
        """Whoever books at Cal.com may write any metadata: a row that has a uid is found by that alone."""
        made = book(office.tenant, at(office.tenant, 10))
        theirs = office.book(12, metadata={"portal_booking": str(made.id)})
        office.process("BOOKING_CREATED", theirs)
        ours, other = office.bookings()
        assert (ours["cal_booking_uid"], other["cal_booking_uid"]) == (made.uid, theirs)
        assert other["source"] == "other"


class TestSeats:
    def test_a_row_each(self, office: Office) -> None:
        for name in ("ana", "ben", "cem"):
            uid = office.book(10, f"{name}@example.com", service="Yoga")
        office.process("BOOKING_CREATED", uid)
        rows = office.bookings()
        assert {(row["cal_booking_uid"], row["status"], row["service_name"]) for row in rows} == {
            (uid, "confirmed", "Yoga")
        }
        assert len({row["cal_seat_uid"] for row in rows}) == 3
        assert len(office.claims()) == 3
        assert not any(row["overlapping"] for row in rows)

    def test_one_gives_it_back_one_moves(self, office: Office) -> None:
        for name in ("ana", "ben", "cem"):
            uid = office.book(10, f"{name}@example.com", service="Yoga")
        office.process("BOOKING_CREATED", uid)
        seats = {row["attendee_email"]: row["cal_seat_uid"] for row in office.bookings()}
        office.cancel(uid, seatUid=seats["ana@example.com"])
        office.process("BOOKING_CANCELLED", uid)
        moved = office.move(uid, 14, seatUid=seats["ben@example.com"])
        office.process("BOOKING_RESCHEDULED", moved, rescheduleUid=uid)
        found = {row["attendee_email"]: (row["cal_booking_uid"], row["status"]) for row in office.bookings()}
        assert found == {
            "ana@example.com": (uid, "cancelled"),
            "ben@example.com": (moved, "confirmed"),
            "cem@example.com": (uid, "confirmed"),
        }
        assert len(office.claims()) == 2

    def test_ours_among_others(self, office: Office) -> None:
        yoga = office.tenant.services["Yoga"]
        made = book(office.tenant, at(office.tenant, 10), service_id=yoga)
        uid = office.book(10, "ben@example.com", service="Yoga")
        office.process("BOOKING_CREATED", uid)
        found = {row["attendee_email"]: row["id"] for row in office.bookings()}
        assert (found["ana@example.com"], len(found)) == (made.id, 2)
        office.cancel(uid)
        office.process("BOOKING_CANCELLED", uid)
        assert {row["status"] for row in office.bookings()} == {"cancelled"}
        assert office.claims() == []

    def test_all_give_it_back(self, office: Office) -> None:
        for name in ("ana", "ben"):
            uid = office.book(10, f"{name}@example.com", service="Yoga")
        office.process("BOOKING_CREATED", uid)
        rows = office.bookings()
        for row in rows:
            office.cancel(uid, seatUid=row["cal_seat_uid"])
        assert office.at_calendar(uid)["attendees"] == []
        office.process("BOOKING_CANCELLED", uid)
        assert [row["status"] for row in office.bookings()] == ["cancelled", "cancelled"]
        assert office.claims() == []


class TestOrder:
    @pytest.mark.parametrize("part", range(PARTS))
    def test_a_thousand_orders_end_in_one_row(self, office: Office, part: int) -> None:
        """Events of one booking's life in any order, repeated and with gaps: one row, the same each time."""
        dice = random.Random(20261122 + part)
        first = office.book(9)
        second = office.move(first, 11)
        third = office.move(second, 15)
        office.cancel(third)
        told: list[tuple[str, dict[str, Any]]] = [
            ("BOOKING_CREATED", {"uid": first}),
            ("BOOKING_RESCHEDULED", {"uid": second, "rescheduleUid": first}),
            ("BOOKING_RESCHEDULED", {"uid": third, "rescheduleUid": second}),
            ("BOOKING_CANCELLED", {"uid": third}),
            ("BOOKING_NO_SHOW_UPDATED", {"bookingUid": first}),
        ]
        ends = set()
        for number in range(ORDERS // PARTS):
            _forget_budget()
            some = dice.sample(told, dice.randint(1, len(told)))
            some += dice.choices(some, k=dice.randint(0, 3))
            dice.shuffle(some)
            if number % 10:
                jobs = office.tell_all(some)
                dice.shuffle(jobs)
                assert [queue.run_claimed(job) for job in jobs] == ["done"] * len(jobs)
            else:
                # One at a time: no answer tells what came before.
                assert [queue.run_claimed(office.tell_all([event])[0]) for event in some] == ["done"] * len(some)
            ends.add(repr(decided(office.booking())))
            office.rows("delete from portal.booking_events; delete from portal.bookings; delete from portal.jobs")
        [end] = ends
        assert (third in end, "cancelled" in end) == (True, True)

    def test_told_while_it_changes(self, office: Office) -> None:
        """Events of a moment ago are processed between the changes, late, twice or never; the last comparison mends."""
        dice = random.Random(7)
        for _ in range(40):
            _forget_budget()
            start = dice.randint(9, 16)
            uid = office.book(start)
            waiting = [("BOOKING_CREATED", {"uid": uid})]
            for _ in range(dice.randint(0, 3)):
                hour = dice.choice([hour for hour in range(9, 17) if hour != start])
                start, earlier, uid = hour, uid, office.move(uid, hour)
                waiting.append(("BOOKING_RESCHEDULED", {"uid": uid, "rescheduleUid": earlier}))
                for event in dice.sample(waiting, dice.randint(0, len(waiting))):
                    office.process(event[0], event[1]["uid"])
            if dice.random() < 0.5:
                office.cancel(uid)
            dice.shuffle(waiting)
            for event in waiting[dice.randint(0, 1) :]:
                office.process(event[0], event[1]["uid"])
            calendar_sync.sync(db.worker(office.tenant.id), uid)
            row, there = office.booking(), office.at_calendar(uid)
            assert row["cal_booking_uid"] == uid
            assert row["status"] == {"accepted": "confirmed", "cancelled": "cancelled"}[there["status"]]
            assert len(office.claims()) == (row["status"] == "confirmed")
            if row["status"] == "confirmed":
                office.cancel(uid)
            office.rows("delete from portal.booking_events; delete from portal.slot_claims")
            office.rows("delete from portal.bookings; delete from portal.jobs")

    def test_an_older_reading_never_wins(self, office: Office) -> None:
        """One worker asks, another stores what came later, then the first one stores: it has to ask again."""
        access = db.worker(office.tenant.id)
        uid = office.book(10)
        calendar_sync.sync(access, uid)
        old = looking.look(access, [uid])
        assert old is not None
        office.cancel(uid)
        calendar_sync.sync(access, uid)
        with pytest.raises(storing.Outpaced), access.begin() as scope:
            storing.store(scope, old)
        assert office.booking()["status"] == "cancelled"

    def test_an_older_reading_makes_no_second_row(self, office: Office) -> None:
        access = db.worker(office.tenant.id)
        uid = office.book(10)
        old = looking.look(access, [uid])
        assert old is not None
        moved = office.move(uid, 12)
        calendar_sync.sync(access, moved)
        with pytest.raises(storing.Outpaced), access.begin() as scope:
            storing.store(scope, old)
        assert office.booking()["cal_booking_uid"] == moved

    def test_many_workers_at_once(self, office: Office) -> None:
        uid = office.book(10)
        moved = office.move(uid, 12)
        jobs = [office.tell("BOOKING_CREATED", each) for each in (uid, moved) * 6]
        with ThreadPoolExecutor(6) as workers:
            assert set(workers.map(queue.run_claimed, jobs)) == {"done"}
        assert office.booking()["cal_booking_uid"] == moved
        assert office.audit() == ["booking.created"]

    def test_a_burst_is_told_by_one_answer(self, office: Office) -> None:
        uid = office.book(10)
        jobs = office.tell_all([("BOOKING_CREATED", {"uid": uid, "n": number}) for number in range(20)])
        asked = len(_asked(office))
        assert {queue.run_claimed(job) for job in jobs} == {"done"}
        assert len(_asked(office)) - asked == 1
        assert office.results().count("told by a later answer") == 19


class TestFailures:
    def test_noted_and_tried_again(self, office: Office) -> None:
        uid = office.book(10)
        office.sandbox.fault(provider="calcom", match={"method": "GET"}, times=3, status=503)
        job = office.tell("BOOKING_CREATED", uid)
        assert queue.run_claimed(job) == "retry"
        [event] = office.rows("select processing_status, error from portal.booking_events")
        assert event == {"processing_status": "failed", "error": "calendar_unavailable"}
        office.rows("update portal.jobs set run_at = now()")
        assert queue.run_claimed(job) == "done"
        [event] = office.rows("select processing_status, error, result from portal.booking_events")
        assert event == {"processing_status": "processed", "error": None, "result": "created"}

    def test_no_calendar_any_more(self, office: Office) -> None:
        uid = office.book(10)
        office.rows("update portal.tenant_integrations set cal_api_key_secret_id = null")
        assert office.process("BOOKING_CREATED", uid) == "done"
        assert office.results() == ["no calendar connected"]


def _request(office: Office, start: Any, **more: Any) -> booking.BookingRequest:
    contact = {"name": "Ana Ruiz", "email": "ana@example.com"}
    return booking.BookingRequest(service_id=office.tenant.service_id, start=start, **contact, **more)


def _forget_budget() -> None:
    """Cal.com's limit a minute is not what these are about."""
    redis.client().flushall()


def _asked(office: Office) -> list[Any]:
    found: list[Any] = office.sandbox.get("/_sandbox/requests", provider="calcom")["requests"]
    return [each for each in found if each["method"] == "GET"]
