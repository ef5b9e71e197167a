"""A business's days at a glance: what happens today, and how many bookings and chats there were."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.core import clock, db
from portal.core.auth import Principal
from portal.domain import budget, calendar_sync, hours, spending, tenants
from portal.domain.admin import bookings
from portal.domain.admin.bookings import BookingLine
from portal.domain.permissions import Action, require
from portal.domain.spending import Spent
from portal.models import TenantUsage

DAYS_BACK: Final = 6
DAYS_AHEAD: Final = 7
TODAY_MOST: Final = 100
COMING: Final = ("pending", "confirmed", "completed", "no_show")
PER_DAY: Final = (
    "select (start_time at time zone :zone)::date as day, count(*) as bookings from portal.bookings"
    " where tenant_id = :tenant and start_time >= :first and start_time < :last and status <> 'cancelled' group by 1"
)
COUNTS: Final = (
    "select"
    " (select count(*) from portal.bookings where tenant_id = :tenant and start_time >= :now and start_time < :ahead"
    "   and status in ('pending', 'confirmed')) as upcoming,"
    " (select count(*) from portal.bookings where tenant_id = :tenant and status = 'no_show' and start_time >= :month)"
    "   as absent,"
    " (select count(*) from portal.notifications where tenant_id = :tenant and updated_at >= :back"
    "   and state in ('sent', 'delivered')) as texts,"
    " (select count(*) from portal.notifications where tenant_id = :tenant and updated_at >= :back"
    "   and state in ('undelivered', 'failed')) as texts_failed,"
    " (select count(*) from portal.sms_suppressions where tenant_id = :tenant and lifted_at is null"
    "   and reason = 'unsure') as unread_answers,"
    " count(*) as chats, count(converted_booking_id) as booked_in_chat"
    " from portal.chat_sessions where tenant_id = :tenant and created_at >= :back"
)
USED: Final = (
    "select m.model, sum(m.input_tokens) as input_tokens, sum(m.output_tokens) as output_tokens,"
    " sum(m.cache_read_tokens) as cache_read_tokens, sum(m.cache_write_tokens) as cache_write_tokens"
    " from portal.chat_sessions s"
    " join portal.chat_messages m on m.tenant_id = s.tenant_id and m.session_id = s.id"
    " where s.tenant_id = :tenant and s.created_at >= :back and m.model is not null group by m.model"
)
COUNTED: Final = ("upcoming", "chats", "booked_in_chat", "absent", "texts", "texts_failed", "unread_answers")


@dataclass(frozen=True)
class DayCount:
    """Bookings that begin on a day of the tenant's, cancelled ones left out."""

    day: date
    bookings: int


@dataclass(frozen=True)
class Overview:
    """``days``: a fortnight around today, oldest first.

    ``upcoming`` are the next seven days' bookings; ``chats`` and ``booked_in_chat`` count the chats of the last seven
    days, ``texts`` and ``texts_failed`` the text messages of these days; ``absent`` the customers who did not come in
    the last thirty. ``unread_answers``: texts that may ask for no more texts. ``budget_used`` is the share of today's
    (UTC) tokens of the assistant, in percent; staff sees 0. ``notices`` are sentences about what stopped working at the
    calendar, for those who can mend it. ``spent``: by the assistant in the chats of the last seven days.
    """

    timezone: str
    today: date
    appointments: tuple[BookingLine, ...]
    days: tuple[DayCount, ...]
    upcoming: int
    chats: int
    booked_in_chat: int
    absent: int
    texts: int
    texts_failed: int
    unread_answers: int
    budget_used: int
    notices: tuple[str, ...]
    spent: Spent


def overview(principal: Principal, tenant_id: UUID) -> Overview:
    """Raises NotFound."""
    access = require(principal, tenant_id, Action.BOOKINGS_VIEW)
    zone = tenants.site(tenant_id).profile.timezone
    now = clock.now()
    today = now.astimezone(ZoneInfo(zone)).date()
    wanted = bookings.Wanted(statuses=COMING, first=today, last=today, newest_first=False)
    appointments = bookings.list_bookings(principal, tenant_id, wanted, limit=TODAY_MOST).items
    with access.begin() as scope:
        days = _days(scope, today, zone)
        counts = _counts(scope, now)
        used = _budget_used(scope, now)
        notices = calendar_sync.health(scope).notices
        spent = _spent(scope, now)
    return Overview(zone, today, appointments, days, **counts, budget_used=used, notices=notices, spent=spent)


def _days(scope: db.Scope, today: date, zone: str) -> tuple[DayCount, ...]:
    shown = [today + timedelta(days=n) for n in range(-DAYS_BACK, DAYS_AHEAD + 1)]
    first, last = hours.day_bounds(shown[0], zone)[0], hours.day_bounds(shown[-1], zone)[1]
    rows = scope.execute(PER_DAY, zone=zone, tenant=scope.tenant_id, first=first, last=last)
    found = {row.day: row.bookings for row in rows}
    return tuple(DayCount(day, found.get(day, 0)) for day in shown)


def _budget_used(scope: db.Scope, now: datetime) -> int:
    usage = scope.session.get(TenantUsage, (scope.tenant_id, now.astimezone(UTC).date()))
    daily = tenants.site(scope.tenant_id).assistant.daily_token_budget
    return budget.percent(usage.tokens, daily) if usage is not None else 0


def _spent(scope: db.Scope, now: datetime) -> Spent:
    rows = scope.execute(USED, tenant=scope.tenant_id, back=now.astimezone(UTC) - timedelta(days=7)).all()
    return spending.spent((row.model, spending.usage_of(row)) for row in rows)


def _counts(scope: db.Scope, now: datetime) -> dict[str, int]:
    moment, week = now.astimezone(UTC), timedelta(days=7)
    bounds = {"now": moment, "ahead": moment + week, "back": moment - week, "month": moment - timedelta(days=30)}
    row = scope.execute(COUNTS, tenant=scope.tenant_id, **bounds).one()
    return {name: getattr(row, name) for name in COUNTED}
