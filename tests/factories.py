"""Tenants with defaults, made as an operator would make them, and the sandbox's controls."""

import os
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import psycopg
from psycopg.types.json import Jsonb

from portal.core import db, tenant
from portal.core.ids import new_id
from portal.domain import integrations

TWILIO = {
    "account_sid": "AC" + "0a" * 16,
    "auth_token": "f" * 32,
    "messaging_service_sid": "MG" + "1" * 32,
}
"""Credentials of the account that ``Sandbox.twilio`` makes."""
STRIPE = {"api_key": "sk_test_sandbox", "webhook_secret": "whsec_sandbox"}
"""The platform's Stripe account, as ``Sandbox.stripe`` makes it."""
PLANS = {"starter": 4900, "growth": 9900, "premium": 19900}
# ``TESTS=all make test`` takes every step of every fault, every order and day; without it a selection of them.
THOROUGH = os.environ.get("TESTS") == "all"
TWILIO_NUMBER = "+12025550123"
HOURS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass
class Sandbox:
    """Controls of the running provider sandbox."""

    url: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10))

    def reset(self) -> None:
        self.post("/_sandbox/reset", {})

    def post(self, path: str, body: Any) -> Any:
        answer = self.client.post(self.url + path, json=body)
        answer.raise_for_status()
        return answer.json()

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(self.url + path, params=params)
        answer.raise_for_status()
        return answer.json()

    def fault(self, **order: Any) -> None:
        """Order misbehaviour, e.g. ``fault(provider="calcom", match={"method": "POST"}, times=1, lost_reply=True)``."""
        self.post("/_sandbox/faults", order)

    def revoke(self, api_key: str) -> None:
        """As somebody does in Cal.com's own settings. A key that nobody used before is refused everywhere at once."""
        self.post(f"/_sandbox/calcom/accounts/{api_key}/revoke", {})

    def change_event_type(self, api_key: str, event_type_id: int, **changes: Any) -> None:
        """As somebody does in Cal.com itself."""
        headers = {"Authorization": f"Bearer {api_key}", "cal-api-version": "2024-06-14"}
        url = f"{self.url}/calcom/v2/event-types/{event_type_id}"
        self.client.patch(url, json=changes, headers=headers).raise_for_status()

    def twilio(self, *, service: dict[str, Any] | None = None, **account: Any) -> None:
        """An account with one messaging service (``service`` changes it) and callbacks without pauses."""
        defaults = {"sid": TWILIO["messaging_service_sid"], "numbers": [TWILIO_NUMBER]}
        spec = {
            "sid": TWILIO["account_sid"],
            "auth_token": TWILIO["auth_token"],
            "services": [defaults | (service or {})],
            "delivery": {"step_ms": 0},
        }
        self.post("/_sandbox/twilio/accounts", spec | account)

    def stripe(self, *, endpoint: str | None = None, **account: Any) -> None:
        """The platform's account with its three plans, telling ``endpoint`` of what happens."""
        prices = [
            {"id": f"price_{key}", "product": f"prod_{key}", "product_name": key.title(), "unit_amount": amount,
             "lookup_key": key}
            for key, amount in PLANS.items()
        ]  # fmt: skip
        endpoints = [{"url": endpoint, "secret": STRIPE["webhook_secret"]}] if endpoint else []
        spec = {"api_key": STRIPE["api_key"], "prices": prices, "endpoints": endpoints}
        self.post("/_sandbox/stripe/accounts", spec | account)

    def delete_stripe_customer(self, customer_id: str) -> None:
        """As somebody does in Stripe's own dashboard."""
        headers = {"Authorization": f"Bearer {STRIPE['api_key']}", "Stripe-Version": "2026-10-28.endive"}
        answer = self.client.delete(f"{self.url}/stripe/v1/customers/{customer_id}", headers=headers)
        answer.raise_for_status()

    def billing(self) -> Any:
        """Everything there is at Stripe, once it has told of all of it."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = self.get("/_sandbox/stripe/state")
            if not found["under_way"]:
                return found
            time.sleep(0.01)
        raise AssertionError("events are still under way")

    def texts(self, **wanted: str) -> list[dict[str, Any]]:
        """Messages as Twilio really has them, once none of them changes any more."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = self.get("/_sandbox/twilio/messages", **wanted)
            if not found["under_way"]:
                return list(found["messages"])
            time.sleep(0.01)
        raise AssertionError("messages are still under way")


@dataclass(frozen=True)
class MadeTenant:
    """A tenant and what tests need of it."""

    id: UUID
    slug: str
    host: str
    cal_key: str
    services: dict[str, UUID]
    timezone: str

    @property
    def service_id(self) -> UUID:
        return next(iter(self.services.values()))


class TenantFactory:
    """``make()`` writes the rows as the database's administrator and the calendar into the sandbox."""

    def __init__(self, admin_url: str, sandbox: Sandbox) -> None:
        self.admin_url = admin_url
        self.sandbox = sandbox
        self._event_type = 1000

    def make(
        self,
        slug: str = "shop",
        *,
        timezone: str = "America/New_York",
        services: dict[str, dict[str, Any]] | None = None,
        status: str = "active",
        calendar: bool = True,
        account: dict[str, Any] | None = None,
        profile: dict[str, Any] | None = None,
        policies: dict[str, Any] | None = None,
        ai: dict[str, Any] | None = None,
        faqs: tuple[tuple[str, str], ...] = (),
    ) -> MadeTenant:
        """A tenant open 09:00-17:00 every day, whose services each have their own event type of one calendar host."""
        tenant_id = new_id()
        offered = services or {"Haircut": {"duration_minutes": 30, "price_cents": 3500}}
        rows = {name: self._service(spec) for name, spec in offered.items()}
        connection = administrator(self.admin_url)
        insert(connection, "tenants", id=tenant_id, slug=slug, status=status, vertical="salon")
        shown = {"business_name": slug.title(), "timezone": timezone, "business_hours": Jsonb(HOURS)}
        insert(connection, "tenant_profiles", tenant_id=tenant_id, **shown | (profile or {}))
        insert(connection, "tenant_branding", tenant_id=tenant_id)
        insert(connection, "tenant_policies", tenant_id=tenant_id, **(policies or {}))
        insert(connection, "tenant_ai_settings", tenant_id=tenant_id, **(ai or {}))
        insert(connection, "tenant_integrations", tenant_id=tenant_id)
        resource = new_id()
        insert(connection, "tenant_resources", id=resource, tenant_id=tenant_id, name="Main")
        for position, (name, spec) in enumerate(rows.items()):
            insert(
                connection, "tenant_services",
                tenant_id=tenant_id, name=name, sort_order=position, **{"resource_id": resource} | spec,
            )  # fmt: skip
        for question, answer in faqs:
            insert(connection, "tenant_faqs", tenant_id=tenant_id, question=question, answer=answer)
        made = MadeTenant(
            tenant_id, slug, f"{slug}.localhost", f"cal_{slug}_{tenant_id.hex[:8]}",
            {name: spec["id"] for name, spec in rows.items()}, timezone,
        )  # fmt: skip
        if calendar:
            self._connect(made, rows, account or {})
        tenant.forget(tenant_id)
        return made

    def _service(self, spec: dict[str, Any]) -> dict[str, Any]:
        self._event_type += 1
        return {"id": new_id(), "duration_minutes": 30, "cal_event_type_id": self._event_type} | spec

    def _connect(self, made: MadeTenant, rows: dict[str, dict[str, Any]], account: dict[str, Any]) -> None:
        event_types = [
            {
                "id": row["cal_event_type_id"],
                "slug": f"event-{row['cal_event_type_id']}",
                "title": name,
                "length_minutes": row["duration_minutes"],
                "minimum_notice_minutes": 0,
                **({"seats": row["seats"]} if row.get("seats", 1) > 1 else {}),
            }
            for name, row in rows.items()
        ]
        defaults = {
            "api_key": made.cal_key, "name": made.slug, "email": f"{made.slug}@example.com", "timezone": made.timezone,
            "schedule": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "09:00", "end": "17:00"}],
            "event_types": event_types, "rate_limit_per_minute": 0,
        }  # fmt: skip
        self.sandbox.post("/_sandbox/calcom/accounts", defaults | account)
        with db.worker(made.id).begin() as scope:
            integrations.store_calcom_key(scope, made.cal_key)


_kept: "dict[str, psycopg.Connection[Any]]" = {}


def administrator(url: str) -> "psycopg.Connection[Any]":
    """A connection as the database's administrator, each statement a transaction of its own.

    Kept for the tests to come: a new one takes longer than most of what they do with it.
    """
    kept = _kept.get(url)
    if kept is None or kept.closed:
        kept = _kept[url] = psycopg.connect(url, autocommit=True)
    return kept


def insert(connection: "psycopg.Connection[Any]", table: str, **values: Any) -> None:
    """One row, as the administrator."""
    columns = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    connection.execute(f"insert into portal.{table} ({columns}) values ({marks})", list(values.values()))
