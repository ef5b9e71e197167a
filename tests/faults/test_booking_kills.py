"""Whatever moment a web process or a worker dies at while somebody books: one booking, in both stores."""

import itertools
import json
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from portal.core import db
from portal.domain import booking
from portal.domain.booking.types import Status
from tests.domain.calendar_sync.conftest import Office, office
from tests.domain.test_booking import at, book, request
from tests.faults.conftest import Die
from tests.faults.killing import addresses, kills, store

__all__ = ["office"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


def book_keyed(order: str) -> None:
    """What a web process does when a customer confirms the form."""
    wanted = json.loads(order)
    request = booking.BookingRequest(
        UUID(wanted["service"]), datetime.fromisoformat(wanted["start"]), "Zoe", "zoe@example.com"
    )
    booking.book(db.customer(UUID(wanted["tenant"])), request, idempotency_key=wanted["key"])


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


def lose_the_answer(office: Office, key: str) -> None:
    """Book; Cal.com takes it and nobody hears of it, and the lease is over."""
    match = {"method": "POST", "path_regex": "/bookings$"}
    office.sandbox.fault(provider="calcom", match=match, times=1, lost_reply=True)
    assert book(office.tenant, at(office.tenant, 10), key=key).status is Status.PENDING
    office.rows("update portal.proposals set lease_until = now() - interval '1 second' where state = 'executing'")


class TestKilled:
    def test_while_a_customer_books(self, office: Office, die_at_each_step: Die) -> None:
        """The browser asks again under the same key."""
        numbers = itertools.count()
        orders: list[str] = []

        def make() -> str:
            wanted = {"tenant": str(office.tenant.id), "service": str(office.tenant.service_id)}
            start = at(office.tenant, 10).isoformat()
            orders.append(json.dumps(wanted | {"start": start, "key": f"key-{next(numbers)}"}))
            return orders[-1]

        def check() -> None:
            book_keyed(orders[-1])
            booked_once(office)

        assert die_at_each_step(make, addresses("CALCOM_BASE_URL"), check, do=book_keyed) > 20

    @kills("settle_proposal")
    def test_while_a_lost_answer_is_settled(self, office: Office, die_at_each_step: Die) -> None:
        numbers = itertools.count()

        def make() -> UUID:
            lose_the_answer(office, f"lost-{next(numbers)}")
            [proposal] = office.rows("select id from portal.proposals where state = 'executing'")
            return store("settle_proposal", office.tenant.id, proposal_id=proposal["id"])

        assert die_at_each_step(make, addresses("CALCOM_BASE_URL"), lambda: booked_once(office)) > 20

    @kills("sweep_expired")
    def test_while_what_was_cut_off_is_looked_for(self, office: Office, die_at_each_step: Die) -> None:
        numbers = itertools.count()

        def make() -> UUID:
            lose_the_answer(office, f"swept-{next(numbers)}")
            office.rows("delete from portal.jobs")  # so that nobody but the sweep knows of it
            return store("sweep_expired", None)

        assert die_at_each_step(make, addresses(), lambda: booked_once(office)) > 10

    @kills("release_reservation")
    def test_while_a_hold_is_given_back(self, office: Office, die_at_each_step: Die) -> None:
        held: list[str] = []

        def make() -> UUID:
            visitor = db.customer(office.tenant.id)
            proposal = booking.propose_create(visitor, request(office.tenant, at(office.tenant, 10)))
            [row] = office.rows("select reservation_uid from portal.proposals where id = %s", proposal.id)
            held.append(row["reservation_uid"])
            assert reservation(office, held[-1])
            booking.withdraw(visitor.with_booking(proposal.booking_id), proposal.id)
            [job] = office.rows("select id from portal.jobs where args ->> 'proposal_id' = %s", str(proposal.id))
            found: UUID = job["id"]
            return found

        def check() -> None:
            assert reservation(office, held[-1]) is None

        assert die_at_each_step(make, addresses("CALCOM_BASE_URL"), check) > 10


def reservation(office: Office, uid: str) -> Any:
    """A hold as Cal.com has it, or None."""
    found = office.client.get(f"/slots/reservations/{uid}", headers={"cal-api-version": "2024-09-04"})
    return found.json()["data"]
