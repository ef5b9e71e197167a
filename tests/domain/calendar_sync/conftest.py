"""A business, its Cal.com account as somebody else uses it, and events as they are received."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from portal.core import db, queue
from portal.core.ids import new_id
from tests.domain.test_booking import at
from tests.factories import MadeTenant, Sandbox, TenantFactory

NUMBERS = itertools.count(1)


@dataclass
class Office:
    """``book``, ``move`` … happen at Cal.com, past us; ``tell`` stores a webhook about it as the routes do."""

    tenant: MadeTenant
    sandbox: Sandbox
    connection: "psycopg.Connection[dict[str, Any]]" = field(repr=False)
    client: httpx.Client = field(repr=False)

    def book(self, hour: int, email: str = "zoe@example.com", *, service: str | None = None, **more: Any) -> str:
        """The uid of a booking at this hour three days from now."""
        person = {"name": email.partition("@")[0].title(), "email": email, "timeZone": self.tenant.timezone}
        body = {"start": text(at(self.tenant, hour)), "eventTypeId": self.event_type(service), "attendee": person}
        return str(self.act("/bookings", body | more)["uid"])

    def move(self, uid: str, hour: int, **more: Any) -> str:
        return str(self.act(f"/bookings/{uid}/reschedule", {"start": text(at(self.tenant, hour))} | more)["uid"])

    def cancel(self, uid: str, **more: Any) -> None:
        self.act(f"/bookings/{uid}/cancel", {"cancellationReason": "ill"} | more)

    def act(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.client.post(path, json=body or {})
        assert answer.is_success, answer.text
        return answer.json()["data"]

    def at_calendar(self, uid: str) -> Any:
        return self.client.get(f"/bookings/{uid}").json()["data"]

    def event_type(self, service: str | None = None) -> int:
        service_id = self.tenant.services[service] if service else self.tenant.service_id
        [row] = self.rows("select cal_event_type_id from portal.tenant_services where id = %s", service_id)
        return int(row["cal_event_type_id"])

    def tell(self, trigger: str, uid: str, **payload: Any) -> UUID:
        """Store an event; returns its job's id."""
        return self.tell_all([(trigger, {"uid": uid, **payload})])[0]

    def tell_all(self, told: list[tuple[str, dict[str, Any]]]) -> list[UUID]:
        events = []
        tenant_id = str(self.tenant.id)
        for trigger, payload in told:
            event = {"triggerEvent": trigger, "createdAt": "2026-11-22T10:00:00Z", "payload": payload}
            events.append(
                {
                    "id": str(new_id()), "job_id": str(new_id()), "tenant_id": tenant_id, "provider": "calcom",
                    "event_type": trigger, "provider_event_id": payload.get("uid") or payload.get("bookingUid"),
                    "body_hash": f"{next(NUMBERS):064}", "payload": event,
                }
            )  # fmt: skip
        with db.worker().begin() as scope:
            scope.execute("select * from portal.receive_events(cast(:events as jsonb))", events=json.dumps(events))
        return [UUID(event["job_id"]) for event in events]

    def process(self, trigger: str, uid: str, **payload: Any) -> str:
        return queue.run_claimed(self.tell(trigger, uid, **payload))

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """As the database's administrator."""
        done = self.connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []

    def bookings(self) -> list[dict[str, Any]]:
        return self.rows("select * from portal.bookings where tenant_id = %s order by created_at, id", self.tenant.id)

    def booking(self) -> dict[str, Any]:
        [found] = self.bookings()
        return found

    def results(self) -> list[str | None]:
        found = self.rows("select coalesce(result, error) as said from portal.booking_events order by received_at, id")
        return [row["said"] for row in found]

    def claims(self) -> list[tuple[datetime, UUID]]:
        found = self.rows("select start_time, booking_id from portal.slot_claims order by start_time, booking_id")
        return [(row["start_time"], row["booking_id"]) for row in found]

    def audit(self) -> list[str]:
        found = self.rows("select action from portal.audit_log where target_type = 'booking' order by created_at, id")
        return [row["action"] for row in found]


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def office(tenants: TenantFactory, sandbox: Sandbox, database: str) -> Iterator[Office]:
    services: dict[str, dict[str, Any]] = {
        "Haircut": {"duration_minutes": 30, "price_cents": 3500},
        "Yoga": {"duration_minutes": 60, "seats": 3, "price_cents": 1500},
    }
    tenant = tenants.make("shop", services=services, account={"booking_latency_ms": 0})
    headers = {"Authorization": f"Bearer {tenant.cal_key}", "cal-api-version": "2024-08-13"}
    with (
        httpx.Client(base_url=f"{sandbox.url}/calcom/v2", headers=headers) as client,
        psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection,
    ):
        yield Office(tenant, sandbox, connection, client)
