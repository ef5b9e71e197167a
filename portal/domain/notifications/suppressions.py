"""Numbers that a business may not text. What was said last counts, in whatever order it reaches us.

``UNSURE`` holds messages back until the business has read what the customer wrote; they wait, and are not dropped.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from portal.core import db

UNSURE: Final = "unsure"
STOP: Final = """
    insert into portal.sms_suppressions as s (tenant_id, phone, reason, source_event_id, created_at, lifted_at)
    values (:tenant, :phone, :reason, :event, :at, null)
    on conflict (tenant_id, phone) do update
        set reason = excluded.reason, source_event_id = excluded.source_event_id, created_at = excluded.created_at,
            lifted_at = null, said = null
        where greatest(s.created_at, s.lifted_at) < excluded.created_at
"""
START: Final = """
    insert into portal.sms_suppressions as s (tenant_id, phone, reason, source_event_id, created_at, lifted_at)
    values (:tenant, :phone, :reason, :event, :at, :at)
    on conflict (tenant_id, phone) do update set lifted_at = excluded.lifted_at, said = null
        where greatest(s.created_at, s.lifted_at) < excluded.lifted_at
"""
# Who may not be texted anyway is not asked about.
HOLD: Final = """
    insert into portal.sms_suppressions as s (tenant_id, phone, reason, source_event_id, created_at, said)
    values (:tenant, :phone, :reason, :event, :at, :said)
    on conflict (tenant_id, phone) do update
        set reason = excluded.reason, source_event_id = excluded.source_event_id, created_at = excluded.created_at,
            lifted_at = null, said = excluded.said
        where greatest(s.created_at, s.lifted_at) < excluded.created_at
            and (s.lifted_at is not null or s.reason = excluded.reason)
"""


def stop(scope: db.Scope, phone: str, reason: str, *, at: datetime, event_id: UUID | None = None) -> None:
    """The number takes no more messages of this tenant, unless it said something else later than ``at``."""
    scope.execute(STOP, tenant=scope.tenant_id, phone=phone, reason=reason, event=event_id, at=at)


def start(scope: db.Scope, phone: str, reason: str, *, at: datetime, event_id: UUID | None = None) -> None:
    """The number takes messages again, unless it said something else later than ``at``."""
    scope.execute(START, tenant=scope.tenant_id, phone=phone, reason=reason, event=event_id, at=at)


def hold(scope: db.Scope, phone: str, said: str, *, at: datetime, event_id: UUID | None = None) -> None:
    """Nothing is sent to the number until the business decided what ``said`` asks for."""
    scope.execute(HOLD, tenant=scope.tenant_id, phone=phone, reason=UNSURE, event=event_id, at=at, said=said)
