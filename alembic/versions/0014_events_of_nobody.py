"""Events that name no tenant: those who run the platform see them, and have them processed again."""

from alembic import op

revision = "0014"
down_revision = "0013"

MEMBER, GATE = "portal_member", "portal_gate"
DEFINER = "security definer set search_path = pg_catalog, portal"
PLATFORM = "(select portal.current_tenant() is null and portal.member_role() = 'platform_admin')"

# As in 0007, for the platform's own too.
REOPEN = f"""
create or replace function portal.reopen_event(event uuid) returns text language plpgsql volatile {DEFINER} as $$
declare tenant uuid := portal.member_tenant(); which text;
begin
    if coalesce(portal.member_role(), '') not in ('tenant_admin', 'platform_admin')
       or tenant is distinct from portal.current_tenant() then
        raise insufficient_privilege;
    end if;
    update portal.booking_events set processing_status = 'pending', error = null
    where id = event and tenant_id is not distinct from tenant returning provider into which;
    return which;
end $$;
"""


def upgrade() -> None:
    op.execute(
        f"create policy {MEMBER}_select_unattributed on portal.booking_events for select to {MEMBER}"
        f" using (tenant_id is null and {PLATFORM})"
    )
    op.execute(f"set local role {GATE}")
    op.execute(REOPEN)
    op.execute("set local role portal_owner")
