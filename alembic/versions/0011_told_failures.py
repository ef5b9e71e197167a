"""Which jobs that were given up somebody was told of: looking by time would miss what is committed late."""

from alembic import op

revision = "0011"
down_revision = "0010"

WORKER, GATE = "portal_worker", "portal_gate"
DEFINER = "security definer set search_path = pg_catalog, portal"

# What is there now was told of by time.
TOLD = """
alter table portal.job_failures add column told_at timestamptz default now();
alter table portal.job_failures alter column told_at drop default;
create index job_failures_untold on portal.job_failures (failed_at) where told_at is null;
"""
TELLING = f"""
drop function portal.failures_since(timestamptz);

create function portal.untold_failures(most int) returns table (id uuid, name text)
language sql stable {DEFINER} as $$
    select f.id, f.name from portal.job_failures f where f.told_at is null order by f.failed_at limit most $$;
revoke all on function portal.untold_failures(int) from public;
grant execute on function portal.untold_failures(int) to {WORKER};

create function portal.mark_failures_told(failures uuid[]) returns void language sql volatile {DEFINER} as $$
    update portal.job_failures f set told_at = now() where f.id = any (failures) and f.told_at is null $$;
revoke all on function portal.mark_failures_told(uuid[]) from public;
grant execute on function portal.mark_failures_told(uuid[]) to {WORKER};
"""


def upgrade() -> None:
    op.execute(TOLD)
    op.execute(f"set local role {GATE}")
    op.execute(TELLING)
    op.execute("set local role portal_owner")
