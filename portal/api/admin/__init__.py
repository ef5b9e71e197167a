"""What admins' programs call: the same functions as the dashboard's pages.

Everything of one tenant is reachable twice: under ``/v1/admin/tenants/{tenant_id}/…``, and under ``/v1/admin/…`` with
the tenant named by ``X-Tenant-Id`` or by the host, or not at all by whoever belongs to one only.
"""

from fastapi import APIRouter, Depends, Security
from fastapi.security import HTTPBearer

from portal.api.admin import (
    audit,
    billing,
    bookings,
    chats,
    deps,
    events,
    faqs,
    integrations,
    jobs,
    logo,
    messages,
    services,
    settings,
    tenants,
)

PREFIX = "/v1/admin"
# For the documentation only: the routes' own dependencies decide.
BEARER = Security(HTTPBearer(auto_error=False, scheme_name="Access token"))


def _router() -> APIRouter:
    made = APIRouter()
    made.include_router(tenants.router, prefix=PREFIX, dependencies=[BEARER])
    made.include_router(jobs.of_platform, prefix=PREFIX, dependencies=[BEARER])
    made.include_router(events.of_platform, prefix=PREFIX, dependencies=[BEARER])
    for subject in (
        tenants.of_tenant,
        settings.router,
        logo.router,
        services.router,
        faqs.router,
        integrations.router,
        billing.router,
        bookings.router,
        chats.router,
        messages.router,
        audit.router,
        jobs.router,
        events.router,
    ):
        made.include_router(
            subject, prefix=PREFIX + "/tenants/{tenant_id}", dependencies=[Depends(deps.by_path), BEARER]
        )
        if subject is not tenants.of_tenant:
            made.include_router(subject, prefix=PREFIX, dependencies=[Depends(deps.by_header_or_host), BEARER])
    made.include_router(logo.public)
    return made


router = _router()
