"""Four demo businesses, each started from its vertical's template and connected to its calendar in the sandbox."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import psycopg
from psycopg.types.json import Jsonb

from portal.core import db, tenant
from portal.domain import integrations
from portal.hooks import manager
from portal.hooks.types import VerticalTemplate

# Fixed ids: seeding again finds what is there, and bookings made in the demo keep their tenant.
NAMESPACE = UUID("3b241101-e2bb-4255-8caf-4136c566a962")
KEYLESS = "select tenant_id from portal.tenant_integrations where cal_api_key_secret_id is null"


@dataclass(frozen=True)
class DemoTenant:
    """A demo business; its services' event types are numbered from ``first_event_type`` in the template's order."""

    slug: str
    vertical: str
    business_name: str
    timezone: str
    phone: str
    address: tuple[str, str, str, str]
    cal_api_key: str
    first_event_type: int

    @property
    def id(self) -> UUID:
        return uuid5(NAMESPACE, self.slug)


TENANTS = (
    DemoTenant(
        "bobs-barbershop", "salon", "Bob's Barbershop", "America/New_York", "+12125550142",
        ("214 Court Street", "Brooklyn", "NY", "11201"), "cal_demo_bobs_barbershop", 101,
    ),
    DemoTenant(
        "bright-smile-dental", "dental", "Bright Smile Dental", "America/Chicago", "+13125550168",
        ("88 West Monroe Street", "Chicago", "IL", "60603"), "cal_demo_bright_smile", 201,
    ),
    DemoTenant(
        "peak-fitness", "fitness", "Peak Fitness", "America/Denver", "+13035550117",
        ("1600 Blake Street", "Denver", "CO", "80202"), "cal_demo_peak_fitness", 301,
    ),
    DemoTenant(
        "reliable-plumbing", "home_services", "Reliable Plumbing", "America/Los_Angeles", "+12135550195",
        ("730 South Broadway", "Los Angeles", "CA", "90014"), "cal_demo_reliable_plumbing", 401,
    ),
)  # fmt: skip


def seed(owner_url: str) -> list[DemoTenant]:
    """Write the demo businesses that are missing, as the database's administrator; returns all of them.

    What was edited since stays as it is.
    """
    with psycopg.connect(owner_url.replace("postgresql+psycopg://", "postgresql://", 1)) as connection:
        for demo in TENANTS:
            _write(connection, demo)
        keyless = {row[0] for row in connection.execute(KEYLESS)}
    for demo in (demo for demo in TENANTS if demo.id in keyless):
        with db.worker(demo.id).begin() as scope:
            integrations.store_calcom_key(scope, demo.cal_api_key)
        tenant.forget(demo.id)
    return list(TENANTS)


def _write(connection: "psycopg.Connection[Any]", demo: DemoTenant) -> None:
    inserted = _insert(connection, "tenants", id=demo.id, slug=demo.slug, status="active", vertical=demo.vertical)
    template = manager.vertical_template(demo.vertical)
    if inserted and template is not None:
        _write_site(connection, demo, template)
        _write_catalog(connection, demo, template)


def _write_site(connection: "psycopg.Connection[Any]", demo: DemoTenant, template: VerticalTemplate) -> None:
    street, city, region, postal_code = demo.address
    _insert(
        connection, "tenant_profiles",
        tenant_id=demo.id, business_name=demo.business_name, tagline=template.tagline, timezone=demo.timezone,
        phone=demo.phone, email=f"hello@{demo.slug}.example", website_url=None, address_line1=street, city=city,
        region=region, postal_code=postal_code, country="US", business_hours=Jsonb(template.business_hours),
    )  # fmt: skip
    primary, accent = template.colors
    _insert(connection, "tenant_branding", tenant_id=demo.id, primary_color=primary, accent_color=accent)
    _insert(
        connection, "tenant_policies",
        tenant_id=demo.id, cancellation_policy=template.cancellation_policy, late_policy=template.late_policy,
        no_show_policy=template.no_show_policy, payment_policy=template.payment_policy,
        cancel_window_minutes=template.cancel_window_minutes,
    )  # fmt: skip
    dont_do = Jsonb(list(template.dont_do))
    _insert(connection, "tenant_ai_settings", tenant_id=demo.id, tone=template.tone, dont_do=dont_do)
    _insert(connection, "tenant_integrations", tenant_id=demo.id)


def _write_catalog(connection: "psycopg.Connection[Any]", demo: DemoTenant, template: VerticalTemplate) -> None:
    resources = {service.resource: uuid5(demo.id, f"resource:{service.resource}") for service in template.services}
    for name, resource_id in resources.items():
        _insert(connection, "tenant_resources", id=resource_id, tenant_id=demo.id, name=name)
    for position, service in enumerate(template.services):
        _insert(
            connection, "tenant_services",
            id=uuid5(demo.id, f"service:{service.name}"), tenant_id=demo.id,
            resource_id=resources[service.resource], name=service.name, description=service.description,
            category=service.category, duration_minutes=service.duration_minutes, price_cents=service.price_cents,
            seats=service.seats, sort_order=position, cal_event_type_id=demo.first_event_type + position,
        )  # fmt: skip
    for position, (question, answer) in enumerate(template.faqs):
        _insert(
            connection, "tenant_faqs",
            id=uuid5(demo.id, f"faq:{question}"), tenant_id=demo.id, question=question, answer=answer,
            sort_order=position,
        )  # fmt: skip


def _insert(connection: "psycopg.Connection[Any]", table: str, **values: Any) -> bool:
    """One row, unless its key is there already. Table and column names are this module's own."""
    columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    statement = f"insert into portal.{table} ({columns}) values ({marks}) on conflict do nothing"  # noqa: S608
    return bool(connection.execute(statement.encode(), list(values.values())).rowcount)
