"""What anybody may read of a site: the business, its services, its free times, and a booking as a calendar file.

The first three are the busiest routes. Their answers are kept whole in each process until the tenant changes.
"""

import asyncio
import contextlib
import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from pydantic import BeforeValidator, ValidationError
from starlette.types import Message, Receive, Scope, Send

from portal.api.deps import CurrentTenant, Strict, TextOnly, Visitor, current_tenant, ip_hash, limit
from portal.api.errors import FieldError, documented, invalid
from portal.api.schemas import AvailabilityOut, ServicesOut, SlotOut, services_out, tenant_out
from portal.core import clock, threads
from portal.core.cache import cache
from portal.core.db import Access
from portal.core.errors import Forbidden, InvalidArgument, NotFound, RateLimited
from portal.core.tenant import TenantRef
from portal.domain import availability, booking, tenants
from portal.domain.availability import Slot
from portal.domain.booking import ics

router = APIRouter(tags=["public"])
SITE_SECONDS = 600
MAX_DAYS_AHEAD = 400
# Days this process does not have: each costs a look into Redis and the database, some a call to the calendar.
FETCHES, FETCHES_PER_SECONDS = 120, 60.0
MAX_TOKEN = 1024
CALENDAR_HEADERS = {
    "Content-Disposition": 'attachment; filename="appointment.ics"',
    "Cache-Control": "no-store",
}


class Kept(Response):
    """A JSON document rendered once, whose conditional requests are answered with 304."""

    def __init__(self, content: bytes) -> None:
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Host"}
        super().__init__(content, media_type="application/json", headers=headers)
        self.etag = etag.encode()
        self.not_modified = Response(status_code=304, headers=headers)
        self.start: Message = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        self.content: Message = {"type": "http.response.body", "body": content}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = dict(scope["headers"]).get(b"if-none-match")
        if seen is not None and (seen.strip() == b"*" or self.etag in _etags(seen)):
            await self.not_modified(scope, receive, send)
        else:
            await send(self.start)
            await send(self.content)


def _etags(header: bytes) -> list[bytes]:
    return [etag.strip().removeprefix(b"W/") for etag in header.split(b",")]


@dataclass(frozen=True)
class Documents:
    """A site's answers, ready to send."""

    tenant: Kept
    services: Kept
    timezone: str


def _kept_documents(tenant: TenantRef) -> Documents | None:
    return cache.get(tenant.tenant_id, "documents")


async def _documents(tenant: TenantRef) -> Documents:
    """Kept in this process until the tenant changes."""
    kept = _kept_documents(tenant)
    return kept if kept is not None else await threads.run(_load_documents, tenant.tenant_id)


def _load_documents(tenant_id: UUID) -> Documents:
    def load() -> Documents:
        site = tenants.site(tenant_id)
        services = ServicesOut(services=services_out(site.services))
        return Documents(
            tenant=Kept(tenant_out(site).model_dump_json().encode()),
            services=Kept(services.model_dump_json().encode()),
            timezone=site.profile.timezone,
        )

    return cache.load(tenant_id, "documents", SITE_SECONDS, load)


async def get_tenant(request: Request) -> Response:
    """The business behind this host: profile, branding, services, FAQs and policies."""
    tenant = current_tenant(request)
    return (_kept_documents(tenant) or await _documents(tenant)).tenant


async def get_services(request: Request) -> Response:
    """The services that can be booked here, in the business's order."""
    return (await _documents(current_tenant(request))).services


# --- Availability ----------------------------------------------------------------------------------------------------

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso_day(value: Any) -> Any:
    if not isinstance(value, str) or not ISO_DAY.fullmatch(value):
        raise FieldError("must be a date such as 2026-11-24")
    return value


class DayQuery(Strict):
    service_id: Annotated[UUID, TextOnly]
    date: Annotated[date, BeforeValidator(_iso_day)]


async def get_availability(request: Request) -> Response:
    """Free times of one service on one day, with the tenant's offset."""
    tenant = current_tenant(request)
    asked = parse_day(request.scope["query_string"])
    timezone = (await _documents(tenant)).timezone
    slots = availability.peek_day(tenant.tenant_id, asked.service_id, asked.date)
    if slots is None:
        _check_reach(asked.date)
        slots = await _fetched(request, tenant.tenant_id, asked)
    return _day(asked.service_id, asked.date, timezone, slots)


@lru_cache(maxsize=2048)
def parse_day(query: bytes) -> DayQuery:
    """Raises InvalidArgument; each parameter exactly once."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), errors="strict")
        if len(dict(pairs)) != len(pairs):
            raise InvalidArgument("Give each parameter once.")
        return DayQuery.model_validate(dict(pairs))
    except ValidationError as error:
        raise invalid(error.errors()) from None
    except ValueError:
        raise InvalidArgument("The query string is not valid.") from None


def _check_reach(day: date) -> None:
    if day > clock.now().date() + timedelta(days=MAX_DAYS_AHEAD):
        raise InvalidArgument(details={"fields": [{"field": "date", "message": "is too far ahead"}]})


_fetches: dict[tuple[UUID, UUID, date], "asyncio.Task[tuple[Slot, ...]]"] = {}


async def _fetched(request: Request, tenant_id: UUID, asked: DayQuery) -> tuple[Slot, ...]:
    """The day from the shared cache or the calendar; all who want it now wait for one thread, not one each."""
    key = (tenant_id, asked.service_id, asked.date)
    while (fetch := _fetches.get(key)) is not None:
        with contextlib.suppress(RateLimited):  # somebody else was: their share is not ours
            return await asyncio.shield(fetch)
    fetch = _fetches[key] = asyncio.create_task(_fetch(request, *key))
    fetch.add_done_callback(lambda _: _fetches.pop(key, None))
    return await asyncio.shield(fetch)


async def _fetch(request: Request, tenant_id: UUID, service_id: UUID, day: date) -> tuple[Slot, ...]:
    await limit(request, "availability", capacity=FETCHES, per_seconds=FETCHES_PER_SECONDS)
    return await threads.run(availability.slots_for_day, tenant_id, service_id, day, visitor=ip_hash(request))


@lru_cache(maxsize=1024)
def _day(service_id: UUID, day: date, timezone: str, slots: tuple[Slot, ...]) -> Response:
    zone = ZoneInfo(timezone)
    local = [
        SlotOut(start=slot.start.astimezone(zone).isoformat(), end=slot.end.astimezone(zone).isoformat())
        for slot in slots
    ]
    body = AvailabilityOut(service_id=service_id, date=day.isoformat(), timezone=timezone, slots=local)
    headers = {"Cache-Control": "no-store"}
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)


DAY_PARAMETERS = [
    {"name": "service_id", "in": "query", "required": True, "schema": {"type": "string", "format": "uuid"}},
    {"name": "date", "in": "query", "required": True, "schema": {"type": "string", "format": "date"}},
]

# --- A booking's calendar file ---------------------------------------------------------------------------------------


@router.get(
    "/v1/public/bookings/{token}/calendar.ics",
    summary="A booking as a calendar file",
    response_class=Response,
    responses=documented(404, 503, _200={"content": {"text/calendar": {}}, "description": "An iCalendar file"}),
)
async def get_calendar(token: str, tenant: CurrentTenant, access: Visitor) -> Response:
    """The appointment behind a manage link; the same UID for its whole life, SEQUENCE counts its changes."""
    content = await threads.run(_calendar, tenant, access, token)
    return Response(content, media_type="text/calendar; charset=utf-8", headers=CALENDAR_HEADERS)


def _calendar(tenant: TenantRef, access: Access, token: str) -> bytes:
    if len(token) > MAX_TOKEN:
        raise NotFound("This link is not valid.")
    try:
        booking_id = booking.open_manage_token(tenant.tenant_id, token)
    except Forbidden:
        raise NotFound("This link is not valid.") from None
    return ics.render(booking.get(access.with_booking(booking_id)), tenants.site(tenant.tenant_id))
