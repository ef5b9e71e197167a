"""A business that pays for a plan, its people, and Stripe's events as they come in."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from portal.core import db, queue
from portal.core.auth import Principal
from portal.core.ids import new_id
from portal.domain.admin import billing
from portal.domain.admin.billing import Page
from tests.factories import MadeTenant, Sandbox, TenantFactory
from tests.people import person

NUMBERS = itertools.count()


@dataclass(frozen=True)
class Subscriber:
    tenant: MadeTenant
    owner: Principal
    sandbox: Sandbox
    connection: "psycopg.Connection[dict[str, Any]]"

    def choose(self, plan: str = "starter", **more: Any) -> Page:
        return billing.choose(self.owner, self.tenant.id, plan, **more)

    def pay(self, page: Page) -> None:
        assert self.sandbox.client.post(page.url).status_code == 303

    def subscribe(self, plan: str = "starter") -> dict[str, Any]:
        """Choose and pay; the subscription as Stripe has it. Nobody has told us yet."""
        self.pay(self.choose(plan))
        found: dict[str, Any] = self.sandbox.billing()["subscriptions"][-1]
        return found

    def change(self, subscription: Mapping[str, Any], **values: Any) -> None:
        self.sandbox.post("/_sandbox/stripe/subscriptions", {"id": subscription["id"], **values})

    def told(self) -> list[dict[str, Any]]:
        """The bodies of the events there are, oldest first."""
        return [event["body"] for event in self.sandbox.billing()["events"]]

    def receive(self, body: Mapping[str, Any], *, known: bool = True) -> UUID:
        """Store an event as the edge does, and return its job. Without ``known`` nobody knew its customer yet."""
        stored = {
            "id": str(new_id()), "job_id": str(new_id()), "tenant_id": str(self.tenant.id) if known else None,
            "provider": "stripe", "event_type": body["type"], "provider_event_id": body["id"],
            "body_hash": f"{next(NUMBERS):064}", "payload": dict(body),
        }  # fmt: skip
        db.worker().run_once("select portal.receive_events(%(events)s)", events=Jsonb([stored]))
        return UUID(str(stored["job_id"]))

    def process(self, body: Mapping[str, Any], **more: Any) -> str:
        return queue.run_claimed(self.receive(body, **more))

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """As the database's administrator."""
        done = self.connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []

    def row(self) -> dict[str, Any]:
        """What is stored of billing, without the times of storing."""
        [found] = self.rows("select * from portal.tenant_integrations where tenant_id = %s", self.tenant.id)
        wanted = ("customer_id", "subscription_id", "status", "plan", "period_end", "ends_at")
        return {name: found[f"stripe_{name}"] for name in wanted}

    def audit(self) -> list[str]:
        return [row["action"] for row in self.rows("select action from portal.audit_log order by created_at, id")]

    def results(self) -> list[str | None]:
        found = self.rows("select coalesce(result, error) as said from portal.booking_events order by received_at, id")
        return [row["said"] for row in found]


def changes(subscriber: Subscriber) -> list[Any]:
    """What the audit log says of each change of the subscription."""
    found = subscriber.rows(
        "select actor_type, metadata from portal.audit_log where action = 'billing.subscription_changed'"
        " order by created_at, id"
    )
    return [(row["actor_type"], json.loads(json.dumps(row["metadata"]))["changes"]) for row in found]


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@pytest.fixture
def subscriber(tenants: TenantFactory, database: str, sandbox: Sandbox) -> Iterator[Subscriber]:
    sandbox.stripe()
    tenant = tenants.make("shop", profile={"email": "shop@example.com"})
    owner = person(database, "owner@shop.example", roles={tenant.id: "tenant_admin"}).principal
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection:
        yield Subscriber(tenant, owner, sandbox, connection)
