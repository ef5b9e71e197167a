"""Whatever moment a web process or a worker dies at while somebody books: one booking, in both stores."""

import itertools
import json
from datetime import datetime
from uuid import UUID

import pytest

from portal.core import db, queue, redis
from portal.domain import booking
from portal.domain.booking.types import Status
from tests.domain.calendar_sync.conftest import Office, office
from tests.domain.test_booking import at, book
from tests.faults.killing import die_at_each_step
from tests.faults.test_webhook_kills import addresses

__all__ = ["office"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


def book_keyed(order: str) -> None:
    """What a web process does when a customer confirms the form."""
    wanted = json.loads(order)
    request = booking.BookingRequest(
        UUID(wanted["service"]), datetime.fromisoformat(wanted["start"]), "Zoe", "zoe@example.com"
    )
    booking.book(db.customer(UUID(wanted["tenant"])), request, idempotency_key=wanted["key"])


def recover(office: Office) -> None:
    """What time does: leases end, and what was cut off is settled."""
    redis.client().flushall()
    for _ in range(3):
        office.rows("update portal.proposals set lease_until = now() - interval '1 second' where state = 'executing'")
        with db.worker().begin() as scope:
            scope.enqueue("sweep_expired", dedup_key="periodic")
        office.rows("update portal.jobs set lease_until = now() where state = 'running'")
        office.rows("update portal.jobs set run_at = now() where state = 'ready'")
        queue.drain()
    assert office.rows("select * from portal.job_failures") == []


def booked_once(office: Office) -> None:
    """Exactly one, there and here; then it is cancelled, for the next round."""
    stored = office.sandbox.get("/_sandbox/calcom/bookings", api_key=office.tenant.cal_key)["bookings"]
    [there] = [each for each in stored if each["status"] == "accepted"]
    [row] = [row for row in office.bookings() if row["status"] != "cancelled"]
    assert (row["cal_booking_uid"], row["status"]) == (there["uid"], "confirmed")
    assert office.claims() == [(row["start_time"], row["id"])]
    office.cancel(there["uid"])
    for table in ("notifications", "slot_claims", "bookings", "proposals", "audit_log", "jobs"):
        office.rows(f"delete from portal.{table}")


class TestKilled:
    def test_while_a_customer_books(self, office: Office) -> None:
        """The browser asks again under the same key."""
        numbers = itertools.count()
        orders: list[str] = []

        def make() -> str:
            wanted = {"tenant": str(office.tenant.id), "service": str(office.tenant.service_id)}
            start = at(office.tenant, 10).isoformat()
            orders.append(json.dumps(wanted | {"start": start, "key": f"key-{next(numbers)}"}))
            return orders[-1]

        def check() -> None:
            recover(office)
            book_keyed(orders[-1])
            booked_once(office)

        assert die_at_each_step(make, addresses(), check, do=book_keyed) > 20

    def test_while_a_lost_answer_is_settled(self, office: Office) -> None:
        numbers = itertools.count()

        def make() -> UUID:
            match = {"method": "POST", "path_regex": "/bookings$"}
            office.sandbox.fault(provider="calcom", match=match, times=1, lost_reply=True)
            key = f"lost-{next(numbers)}"
            assert book(office.tenant, at(office.tenant, 10), key=key).status is Status.PENDING
            past = "update portal.proposals set lease_until = now() - interval '1 second' where state = 'executing'"
            office.rows(past)
            [proposal] = office.rows("select id from portal.proposals where state = 'executing'")
            with db.worker(office.tenant.id).begin() as scope:
                stored = scope.enqueue("settle_proposal", proposal_id=proposal["id"])
            assert stored is not None
            return stored

        def check() -> None:
            recover(office)
            booked_once(office)

        assert die_at_each_step(make, addresses(), check) > 20
