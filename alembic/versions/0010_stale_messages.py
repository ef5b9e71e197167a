"""Messages that nobody sends any more: their job was given up, and their appointment has begun."""

from alembic import op

revision = "0010"
down_revision = "0009"

WORKER, GATE = "portal_worker", "portal_gate"
DEFINER = "security definer set search_path = pg_catalog, portal"

# What waited was surely not sent; of what was being sent nobody can tell.
CLOSING = f"""
create function portal.close_stale_notifications(moment timestamptz) returns bigint
language sql volatile {DEFINER} as $$
    with closed as (
        update portal.notifications n set updated_at = clock_timestamp(),
            state = case n.state when 'queued' then 'dropped' else 'failed' end,
            reason = case n.state when 'queued' then 'too_late' else 'unknown' end
        where n.state in ('queued', 'sending') and n.start_time < moment and not exists (
            select 1 from portal.jobs j
            where j.tenant_id = n.tenant_id and j.name = 'send_sms' and j.dedup_key = n.id::text
              and j.state in ('ready', 'running'))
        returning 1)
    select count(*) from closed $$;
revoke all on function portal.close_stale_notifications(timestamptz) from public;
grant execute on function portal.close_stale_notifications(timestamptz) to {WORKER};
"""


def upgrade() -> None:
    op.execute(
        "create index notifications_under_way on portal.notifications (start_time) where state in ('queued', 'sending')"
    )
    op.execute(f"set local role {GATE}")
    op.execute(CLOSING)
    op.execute("set local role portal_owner")
