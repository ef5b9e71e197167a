"""Four demo businesses, each started from its vertical's template and connected to its calendar in the sandbox."""

from collections.abc import Sequence

from portal.core import db, tenant
from portal.domain import demo_people, integrations, onboarding
from portal.domain.demo_tenants import TENANTS, DemoTenant

KNOWN = "select id from portal.tenants"
KEYLESS = "select tenant_id from portal.tenant_integrations where cal_api_key_secret_id is null"


def seed(owner_url: str) -> Sequence[DemoTenant]:
    """Write the demo businesses and people that are missing, as the database's owner; returns the businesses.

    What was edited since stays as it is.
    """
    with db.as_owner(owner_url) as rows:
        known = {row.id for row in rows.execute(KNOWN)}
        for demo in TENANTS:
            if demo.id not in known:
                onboarding.create(rows, _business(demo))
        demo_people.seed(rows)
        keyless = {row.tenant_id for row in rows.execute(KEYLESS)}
    for demo in (demo for demo in TENANTS if demo.id in keyless):
        with db.worker(demo.id).begin() as scope:
            integrations.store_calcom_key(scope, demo.cal_api_key)
            scope.enqueue("register_calcom_webhook", dedup_key="register")
        tenant.forget(demo.id)
    return TENANTS


def _business(demo: DemoTenant) -> onboarding.Business:
    street, city, region, postal_code = demo.address
    place = {"address_line1": street, "city": city, "region": region, "postal_code": postal_code, "country": "US"}
    return onboarding.Business(
        id=demo.id,
        slug=demo.slug,
        name=demo.business_name,
        vertical=demo.vertical,
        timezone=demo.timezone,
        status=onboarding.Status.ACTIVE,
        profile={"phone": demo.phone, "email": f"hello@{demo.slug}.example", **place},
        first_event_type=demo.first_event_type,
    )
