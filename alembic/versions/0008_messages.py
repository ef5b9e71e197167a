"""Messages are planned and sent by workers: customers and staff need not write them. And who sends any at all."""

from alembic import op

revision = "0008"
down_revision = "0007"

CUSTOMER, MEMBER, WORKER, GATE = "portal_customer", "portal_member", "portal_worker", "portal_gate"
DEFINER = "security definer set search_path = pg_catalog, portal"

NARROWER = f"""
drop policy {CUSTOMER}_select on portal.notifications;
drop policy {CUSTOMER}_insert on portal.notifications;
drop policy {CUSTOMER}_update on portal.notifications;
drop policy {MEMBER}_insert on portal.notifications;
drop policy {MEMBER}_update on portal.notifications;
drop policy {CUSTOMER}_select on portal.tenant_sms_settings;
revoke select, insert, update on portal.notifications from {CUSTOMER};
revoke insert, update on portal.notifications from {MEMBER};
revoke select on portal.tenant_sms_settings from {CUSTOMER};
grant select on portal.tenant_sms_settings to {GATE};
create policy {GATE}_select on portal.tenant_sms_settings for select to {GATE} using (true);
"""
# Whoever once sent a message, or chose how to, has a row.
TEXTING = f"""
create function portal.tenants_texting() returns setof uuid language sql stable {DEFINER} as $$
    select s.tenant_id from portal.tenant_sms_settings s join portal.tenants t on t.id = s.tenant_id
    where s.enabled and t.status <> 'deleted' order by s.tenant_id $$;
revoke all on function portal.tenants_texting() from public;
grant execute on function portal.tenants_texting() to {WORKER};
"""


def upgrade() -> None:
    op.execute(NARROWER)
    op.execute(f"set local role {GATE}")
    op.execute(TEXTING)
    op.execute("set local role portal_owner")
