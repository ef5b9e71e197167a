"""Whether a tenant's Cal.com key is still accepted, what its event types were when last asked, and whom to tell."""

from alembic import op

revision = "0018"
down_revision = "0014"

WORKER, GATE = "portal_worker", "portal_gate"
DEFINER = "security definer set search_path = pg_catalog, portal"

COLUMNS = """
alter table portal.tenant_integrations
    -- Since when Cal.com refuses the stored key; null while it is accepted.
    add column cal_key_refused_at timestamptz,
    -- Minutes by event type id, as the account had them when it was last asked; null before.
    add column cal_event_types jsonb,
    add column cal_event_types_at timestamptz;
"""
# Those who can mend what is wrong at the business.
OWNERS = f"""
create function portal.owners_to_mail() returns table (user_id uuid, email text, business_name text)
language sql stable {DEFINER} as $$
    select u.id, u.email, p.business_name
    from portal.tenant_memberships m
    join portal.users u on u.id = m.user_id
    left join portal.tenant_profiles p on p.tenant_id = m.tenant_id
    where m.tenant_id = portal.acting_tenant() and m.role = 'tenant_admin' and m.status = 'active'
      and u.disabled_at is null
    order by u.email $$;
revoke all on function portal.owners_to_mail() from public;
grant execute on function portal.owners_to_mail() to {WORKER};
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(f"set local role {GATE}")
    op.execute(OWNERS)
    op.execute("set local role portal_owner")
