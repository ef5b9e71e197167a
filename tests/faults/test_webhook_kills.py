"""Whatever moment a worker dies at, a booking ends as Cal.com has it: one row, one claim, told once."""

from collections.abc import Callable
from uuid import UUID

import pytest

from portal.core import queue
from tests.domain.calendar_sync.conftest import Office, office
from tests.domain.test_booking import at, book
from tests.factories import TenantFactory
from tests.faults.conftest import Die
from tests.faults.killing import addresses, kills, store

__all__ = ["office"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


def clear(office: Office) -> None:
    for row in office.bookings():
        if row["status"] == "confirmed":
            office.cancel(row["cal_booking_uid"])
    for table in ("booking_events", "notifications", "slot_claims", "bookings", "proposals", "audit_log", "jobs"):
        office.rows(f"delete from portal.{table}")


def before_clearing(check: Callable[[], None], office: Office) -> Callable[[], None]:
    def checked() -> None:
        check()
        clear(office)

    return checked


class TestKilled:
    @kills("process_calcom_webhook")
    def test_while_a_booking_made_there_appears(self, office: Office, die_at_each_step: Die) -> None:
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

        assert die_at_each_step(make, addresses("CALCOM_BASE_URL"), before_clearing(check, office)) > 20

    @kills("process_calcom_webhook")
    def test_while_ours_is_moved_there(self, office: Office, die_at_each_step: Die) -> None:
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

        assert die_at_each_step(make, addresses("CALCOM_BASE_URL"), before_clearing(check, office)) > 20

    @kills("reconcile_calendar")
    def test_while_comparing(self, office: Office, die_at_each_step: Die) -> None:
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
            check()
            clear(office)
            # What earlier rounds left at Cal.com is older than what is compared.
            office.rows("update portal.tenant_integrations set cal_reconciled_at = now() + interval '1 hour'")

        assert die_at_each_step(make, addresses("CALCOM_BASE_URL"), clear_all) > 30

    @kills("check_calendar")
    def test_while_finding_a_key_accepted_again(self, office: Office, die_at_each_step: Die) -> None:
        def make() -> UUID:
            clear(office)
            office.rows("update portal.tenant_integrations set cal_key_refused_at = now(), cal_event_types = null")
            return store("check_calendar", office.tenant.id)

        def check() -> None:
            [row] = office.rows("select cal_key_refused_at, cal_event_types from portal.tenant_integrations")
            assert row["cal_key_refused_at"] is None
            assert sorted(row["cal_event_types"].values()) == [30, 60]
            told = office.rows("select 1 from portal.audit_log where action = 'integration.calcom_key_accepted'")
            assert len(told) == 1
            office.rows("delete from portal.audit_log")

        assert die_at_each_step(make, addresses("CALCOM_BASE_URL"), check) > 10

    @kills("register_calcom_webhook")
    def test_while_registering(self, office: Office, die_at_each_step: Die) -> None:
        def check() -> None:
            [hook] = office.client.get("/webhooks").json()["data"]
            [row] = office.rows("select cal_webhook_id from portal.tenant_integrations")
            assert row["cal_webhook_id"] == hook["id"]
            office.client.delete(f"/webhooks/{hook['id']}").raise_for_status()
            forget_subscriptions(office)
            clear(office)

        def make() -> UUID:
            return store("register_calcom_webhook", office.tenant.id)

        assert die_at_each_step(make, addresses("CALCOM_BASE_URL"), check) > 20

    @kills("reconcile_calendars")
    def test_while_having_calendars_compared(
        self, office: Office, die_at_each_step: Die, tenants: TenantFactory
    ) -> None:
        for slug in ("second", "third"):
            tenants.make(slug)

        def make() -> UUID:
            office.rows("update portal.tenant_integrations set cal_reconciled_at = null")
            return store("reconcile_calendars", None)

        def check() -> None:
            assert office.rows("select 1 from portal.tenant_integrations where cal_reconciled_at is null") == []

        assert die_at_each_step(make, addresses(), check) > 20

    @kills("check_calcom_webhooks")
    def test_while_having_subscriptions_checked(
        self, office: Office, die_at_each_step: Die, tenants: TenantFactory
    ) -> None:
        keys = [office.tenant.cal_key, *(tenants.make(slug).cal_key for slug in ("second", "third"))]

        def make() -> UUID:
            return store("check_calcom_webhooks", None)

        def check() -> None:
            for key in keys:
                headers = {"Authorization": f"Bearer {key}"}
                [hook] = office.client.get("/webhooks", headers=headers).json()["data"]
                office.client.delete(f"/webhooks/{hook['id']}", headers=headers).raise_for_status()
            forget_subscriptions(office)

        assert die_at_each_step(make, addresses(), check) > 20


def forget_subscriptions(office: Office) -> None:
    office.rows(
        "update portal.tenant_integrations set cal_webhook_id = null, cal_webhook_secret_id = null,"
        " cal_webhook_url = null, cal_webhook_checked_at = null"
    )
