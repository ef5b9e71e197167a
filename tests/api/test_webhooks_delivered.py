"""From Cal.com's own delivery, over HTTP, to the row: registered, signed, received, processed."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
import time_machine

from portal.core import db, queue
from portal.core.settings import get_settings
from portal.domain import booking
from portal.domain.booking.types import Status
from tests.conftest import free_port
from tests.domain.calendar_sync.conftest import text
from tests.domain.test_booking import at, book
from tests.factories import MadeTenant, Sandbox, TenantFactory
from tests.servers import web_server


@pytest.fixture
def server(tenants: TenantFactory, configure: Callable[..., None]) -> Iterator[int]:
    """A web server of ours on a port of its own, which settings know."""
    port = free_port()
    configure(PORT=str(port))
    with web_server("tests.api.served:app", port=port):
        yield port


@pytest.fixture
def shop(server: int, tenants: TenantFactory) -> MadeTenant:
    """A tenant whose Cal.com account tells us."""
    assert get_settings().port == server
    made = tenants.make("shop")
    with db.worker(made.id).begin() as scope:
        scope.enqueue("register_calcom_webhook")
    assert queue.drain() == 1
    return made


def rows(database: str, statement: str) -> list[Any]:
    with psycopg.connect(database) as connection:
        return connection.execute(statement.encode()).fetchall()


def process(database: str, events: int) -> None:
    """Wait for so many events, and do what they lead to."""
    deadline = time.monotonic() + 10
    while rows(database, "select count(*) from portal.booking_events") != [(events,)]:
        assert time.monotonic() < deadline, "the webhook did not arrive"
        time.sleep(0.05)
    queue.drain()


def test_booked_there_and_here(shop: MadeTenant, sandbox: Sandbox, database: str) -> None:
    headers = {"Authorization": f"Bearer {shop.cal_key}", "cal-api-version": "2024-08-13"}
    with httpx.Client(base_url=f"{sandbox.url}/calcom/v2", headers=headers) as client:
        person = {"name": "Zoë", "email": "zoe@example.com", "timeZone": "UTC"}
        body = {"start": text(at(shop, 10)), "eventTypeId": 1001, "attendee": person}
        made = client.post("/bookings", json=body).json()["data"]
        process(database, 1)
        assert rows(database, "select cal_booking_uid, status, source from portal.bookings") == [
            (made["uid"], "confirmed", "other")
        ]
        client.post(f"/bookings/{made['uid']}/cancel", json={"cancellationReason": "ill"}).raise_for_status()
        process(database, 2)
        assert rows(database, "select status from portal.bookings") == [("cancelled",)]
    # Our own bookings are told of inside our call: nothing is made twice, nothing is lost.
    ours = book(shop, at(shop, 12))
    assert ours.status is Status.CONFIRMED
    process(database, 3)
    access = db.customer(shop.id, booking_id=ours.id)
    moved = booking.confirm(access, booking.propose_reschedule(access, start=at(shop, 14)).id)
    process(database, 4)
    assert (booking.get(access).uid, booking.get(access).status) == (moved.uid, Status.CONFIRMED)
    assert rows(database, "select count(*) from portal.bookings") == [(2,)]
    assert rows(database, "select distinct processing_status from portal.booking_events") == [("processed",)]


def test_over_by_cal_coms_clock(shop: MadeTenant, sandbox: Sandbox, database: str) -> None:
    """Told by Cal.com itself once the meeting ends, and done by a worker."""
    ours = book(shop, at(shop, 10))
    process(database, 1)
    sandbox.post("/_sandbox/clock", {"now": text(ours.end)})
    with time_machine.travel(ours.end):
        process(database, 2)
    assert rows(database, "select status from portal.bookings") == [("completed",)]
    told = "select event_type, provider_event_id, result from portal.booking_events order by received_at desc limit 1"
    assert rows(database, told) == [("MEETING_ENDED", ours.uid, "updated")]
