"""Whatever moment a worker dies at, a booking ends as Cal.com has it: one row, one claim, told once."""

import os
from collections.abc import Callable
from uuid import UUID

import pytest

from portal.core import db, queue, redis
from tests.domain.calendar_sync.conftest import Office, office
from tests.domain.test_booking import at, book
from tests.faults.killing import die_at_each_step

__all__ = ["office"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


def addresses() -> dict[str, str]:
    return {f"PORTAL_{name}": os.environ[f"PORTAL_{name}"] for name in ("DATABASE_URL", "CALCOM_BASE_URL")}


def store(name: str, tenant_id: UUID) -> UUID:
    with db.worker(tenant_id).begin() as scope:
        stored = scope.enqueue(name)
    assert stored is not None
    return stored


def recover(office: Office) -> None:
    """What time does: leases end, waits are over, the minute's calls are new; the next worker does what is left."""
    redis.client().flushall()
    for _ in range(3):
        office.rows("update portal.jobs set lease_until = now() where state = 'running'")
        office.rows("update portal.jobs set run_at = now() where state = 'ready'")
        queue.drain()
    assert office.rows("select * from portal.job_failures") == []


def clear(office: Office) -> None:
    for row in office.bookings():
        if row["status"] == "confirmed":
            office.cancel(row["cal_booking_uid"])
    for table in ("booking_events", "notifications", "slot_claims", "bookings", "proposals", "audit_log", "jobs"):
        office.rows(f"delete from portal.{table}")


def after(check: Callable[[], None], office: Office) -> Callable[[], None]:
    def checked() -> None:
        recover(office)
        check()
        clear(office)

    return checked


class TestKilled:
    def test_while_a_booking_made_there_appears(self, office: Office) -> None:
        made: list[str] = []

        def make() -> UUID:
            made.append(office.book(10))
            return office.tell("BOOKING_CREATED", made[-1])

        def check() -> None:
            row = office.booking()
            assert (row["cal_booking_uid"], row["status"]) == (made[-1], "confirmed")
            assert office.claims() == [(row["start_time"], row["id"])]
            assert office.audit() == ["booking.created"]
            assert office.results() == ["created"]

        assert die_at_each_step(make, addresses(), after(check, office)) > 20

    def test_while_ours_is_moved_there(self, office: Office) -> None:
        made: list[tuple[UUID, str]] = []

        def make() -> UUID:
            ours = book(office.tenant, at(office.tenant, 10), key=f"key-{len(made)}")
            moved = office.move(str(ours.uid), 14)
            made.append((ours.id, moved))
            return office.tell("BOOKING_RESCHEDULED", moved, rescheduleUid=ours.uid)

        def check() -> None:
            row = office.booking()
            assert (row["id"], row["cal_booking_uid"]) == made[-1]
            assert (row["sequence"], office.claims()) == (1, [(at(office.tenant, 14), row["id"])])
            assert office.audit() == ["booking.created", "booking.rescheduled"]

        assert die_at_each_step(make, addresses(), after(check, office)) > 20

    def test_while_comparing(self, office: Office) -> None:
        made: list[tuple[str, str]] = []
        office.rows("update portal.tenant_integrations set cal_reconciled_at = now()")

        def make() -> UUID:
            kept, gone = office.book(10), office.book(12, "yan@example.com")
            queue.run_claimed(office.tell("BOOKING_CREATED", gone))
            office.cancel(gone)
            made.append((kept, gone))
            return store("reconcile_calendar", office.tenant.id)

        def check() -> None:
            found = {row["cal_booking_uid"]: row["status"] for row in office.bookings()}
            kept, gone = made[-1]
            assert (found[kept], found[gone]) == ("confirmed", "cancelled")
            assert len(office.claims()) == 1
            told = office.rows("select action, target_id from portal.audit_log where target_type = 'booking'")
            assert len(told) == len({tuple(entry.values()) for entry in told})

        def clear_all() -> None:
            recover(office)
            check()
            clear(office)
            # What earlier rounds left at Cal.com is older than what is compared.
            office.rows("update portal.tenant_integrations set cal_reconciled_at = now() + interval '1 hour'")

        assert die_at_each_step(make, addresses(), clear_all) > 30

    def test_while_registering(self, office: Office) -> None:
        def check() -> None:
            recover(office)
            [hook] = office.client.get("/webhooks").json()["data"]
            [row] = office.rows("select cal_webhook_id from portal.tenant_integrations")
            assert row["cal_webhook_id"] == hook["id"]
            office.client.delete(f"/webhooks/{hook['id']}").raise_for_status()
            office.rows(
                "update portal.tenant_integrations set cal_webhook_id = null, cal_webhook_secret_id = null,"
                " cal_webhook_url = null, cal_webhook_checked_at = null"
            )
            clear(office)

        def make() -> UUID:
            return store("register_calcom_webhook", office.tenant.id)

        assert die_at_each_step(make, addresses(), check) > 20
