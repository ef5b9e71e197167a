"""What no webhook told is found by comparing."""

import pytest

from portal.core import clock, db, queue
from portal.domain import calendar_sync
from portal.providers.calcom.budget import CALLS
from tests.domain.calendar_sync.conftest import Office
from tests.domain.test_booking import at, book


def compare(office: Office) -> None:
    """The tenant's job, as its periodic one stores it."""
    with db.worker().begin() as scope:
        scope.enqueue("reconcile_calendars")
    assert queue.drain() >= 2


class TestReconcile:
    def test_finds_what_was_made_moved_and_cancelled(self, office: Office) -> None:
        compare(office)
        made = book(office.tenant, at(office.tenant, 9))
        kept, moved, gone = office.book(10), office.book(11, "yan@example.com"), office.book(12, "xia@example.com")
        after = office.move(moved, 15)
        office.cancel(gone)
        ours = office.move(str(made.uid), 16)
        compare(office)
        found = {row["attendee_email"]: (row["cal_booking_uid"], row["status"]) for row in office.bookings()}
        assert found == {
            "ana@example.com": (ours, "confirmed"),
            "zoe@example.com": (kept, "confirmed"),
            "yan@example.com": (after, "confirmed"),
            "xia@example.com": (gone, "cancelled"),
        }
        [row] = [row for row in office.bookings() if row["attendee_email"] == "yan@example.com"]
        assert (row["cal_previous_uids"], row["sequence"]) == ([moved], 1)

    def test_nothing_to_do_changes_nothing(self, office: Office) -> None:
        book(office.tenant, at(office.tenant, 9))
        office.book(10)
        compare(office)
        before = (office.bookings(), office.audit())
        compare(office)
        assert (office.bookings(), office.audit()) == before

    def test_first_look_takes_what_is_still_to_come(self, office: Office) -> None:
        kept, gone = office.book(10), office.book(12, "yan@example.com")
        office.cancel(gone)
        compare(office)
        assert office.booking()["cal_booking_uid"] == kept
        [row] = office.rows("select cal_reconciled_at, updated_at from portal.tenant_integrations")
        assert row["cal_reconciled_at"] is not None

    def test_shared_times(self, office: Office) -> None:
        for name in ("ana", "ben", "cem"):
            uid = office.book(10, f"{name}@example.com", service="Yoga")
        compare(office)
        seats = {row["attendee_email"]: row["cal_seat_uid"] for row in office.bookings()}
        later = office.move(uid, 14, seatUid=seats["ben@example.com"])
        office.cancel(uid, seatUid=seats["cem@example.com"])
        compare(office)
        found = {row["attendee_email"]: (row["cal_booking_uid"], row["status"]) for row in office.bookings()}
        assert found == {
            "ana@example.com": (uid, "confirmed"),
            "ben@example.com": (later, "confirmed"),
            "cem@example.com": (uid, "cancelled"),
        }
        # Nobody's booking ended for a moment because it had moved.
        assert office.audit().count("booking.cancelled") == 1

    def test_many_pages_within_the_budget(self, office: Office) -> None:
        office.sandbox.post("/_sandbox/calcom/accounts", _roomy(office))
        for number in range(130):
            office.book(9 + number % 8, f"guest{number}@example.com", service="Yoga")
        started = len(office.sandbox.get("/_sandbox/requests", provider="calcom")["requests"])
        compare(office)
        assert len(office.bookings()) == 130
        assert len(office.sandbox.get("/_sandbox/requests", provider="calcom")["requests"]) - started < CALLS

    def test_what_ended_is_completed(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        uid = office.book(10)
        compare(office)
        later = at(office.tenant, 12)
        monkeypatch.setattr(clock, "now", lambda: later)
        office.rows("update portal.tenant_integrations set cal_reconciled_at = %s", later)
        calendar_sync.reconcile(
            db.worker(office.tenant.id), keep=lambda: None, finishing=db.worker(office.tenant.id).begin
        )
        assert (office.booking()["cal_booking_uid"], office.booking()["status"]) == (uid, "completed")

    def test_overlaps_end(self, office: Office) -> None:
        ours = book(office.tenant, at(office.tenant, 10))
        office.cancel(str(ours.uid))
        theirs = office.book(10)
        calendar_sync.sync(db.worker(office.tenant.id), theirs)
        assert [row["overlapping"] for row in office.bookings()] == [False, True]
        compare(office)
        first, second = office.bookings()
        assert (first["status"], second["overlapping"]) == ("cancelled", False)
        assert office.claims() == [(at(office.tenant, 10), second["id"])]

    def test_without_a_calendar(self, office: Office) -> None:
        office.rows("update portal.tenant_integrations set cal_api_key_secret_id = null")
        with db.worker(office.tenant.id).begin() as scope:
            scope.enqueue("reconcile_calendar")
        assert queue.drain() == 1
        assert office.rows("select * from portal.job_failures") == []


def _roomy(office: Office) -> dict[str, object]:
    kinds = [
        {"id": 1001, "slug": "event-1001", "title": "Haircut", "length_minutes": 30},
        {"id": 1002, "slug": "event-1002", "title": "Yoga", "length_minutes": 60, "seats": 30},
    ]
    office.rows("update portal.tenant_services set seats = 30 where cal_event_type_id = 1002")
    return {
        "api_key": office.tenant.cal_key, "name": "shop", "email": "shop@example.com",
        "timezone": office.tenant.timezone, "rate_limit_per_minute": 0, "booking_latency_ms": 0,
        "schedule": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "00:00", "end": "24:00"}], "event_types": kinds,
    }  # fmt: skip
