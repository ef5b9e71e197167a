"""The wall between tenants: row-level security, least grants, and the few functions that must see across.

Roles (made by ``portal.models.migrate.bootstrap``): ``portal_owner`` owns the tables and, rows being forced behind
policies it has none of, sees no rows. ``portal_gate`` owns the SECURITY DEFINER functions and has a policy only on the
tables these need. ``portal_customer``, ``portal_member`` and ``portal_worker`` are taken inside a transaction.
"""

from collections.abc import Callable

from alembic import op

revision = "0003"
down_revision = "0002"

CUSTOMER, MEMBER, WORKER, GATE = "portal_customer", "portal_member", "portal_worker", "portal_gate"

SCOPE_FUNCTIONS = """
create function portal.current_tenant() returns uuid language sql stable as
$$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$;

-- The signed-in user, from the same claims as Supabase's auth.uid(); its own schema may be closed to our roles.
create function portal.current_user_id() returns uuid language sql stable as
$$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;

create function portal.current_session() returns uuid language sql stable as
$$ select nullif(current_setting('app.session_id', true), '')::uuid $$;

create function portal.current_booking() returns uuid language sql stable as
$$ select nullif(current_setting('app.booking_id', true), '')::uuid $$;

create function portal.current_request_key() returns text language sql stable as
$$ select nullif(current_setting('app.request_key', true), '') $$;

"""
GATE_FUNCTIONS = """
create function portal.is_platform_admin(uid uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, portal as
$$ select exists (select 1 from portal.platform_admins where user_id = uid) $$;

create function portal.is_tenant_member(tid uuid, uid uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, portal as
$$ select exists (
    select 1 from portal.tenant_memberships where tenant_id = tid and user_id = uid and status = 'active'
) $$;

-- The tenant a signed-in user asked for, if they may: policies call it once per statement. plpgsql keeps the plans of
-- both look-ups for the session, so that it costs microseconds.
create function portal.member_tenant() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, portal as $$
declare
    wanted uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    asking uuid := portal.current_user_id();
begin
    if exists (select 1 from portal.tenant_memberships
               where tenant_id = wanted and user_id = asking and status = 'active')
       or exists (select 1 from portal.platform_admins where user_id = asking) then
        return wanted;
    end if;
    return null;
end $$;

-- The tenant of whoever acts, whatever the role: for functions that serve several.
create function portal.acting_tenant() returns uuid
language sql stable security definer set search_path = pg_catalog, portal as
$$ select case current_setting('role') when 'portal_member' then portal.member_tenant()
   else portal.current_tenant() end $$;
"""

# Table → verbs, per role. A customer's tables carry a further condition below.
READABLE_SITE = (
    "tenant_profiles",
    "tenant_branding",
    "tenant_domains",
    "tenant_services",
    "tenant_faqs",
    "tenant_policies",
    "tenant_ai_settings",
    "tenant_resources",
)
EDITABLE_SITE = (*READABLE_SITE, "tenant_integrations")
TENANT_KEY = {"tenants": "id"}

CUSTOMER_OWN = {
    "bookings": ("select, insert, update", "id = (select portal.current_booking())"),
    "chat_sessions": ("select, insert, update", "id = (select portal.current_session())"),
    "chat_messages": ("select, insert", "session_id = (select portal.current_session())"),
    "slot_offers": ("select, insert, update, delete", "session_id = (select portal.current_session())"),
    "proposals": (
        "select, insert, update",
        "(session_id = (select portal.current_session()) or booking_id = (select portal.current_booking()))",
    ),
    "slot_claims": ("select, insert, update, delete", "booking_id = (select portal.current_booking())"),
    "request_idempotency": ("select, insert, update", "key = (select portal.current_request_key())"),
}
MEMBER_GRANTS = {
    "tenants": "select",
    "tenant_memberships": "select",
    "tenant_usage": "select",
    "customers": "select, insert, update",
    "bookings": "select, insert, update",
    "booking_events": "select",
    "chat_sessions": "select",
    "chat_messages": "select",
    "slot_offers": "select",
    "proposals": "select, insert, update",
    "slot_claims": "select, insert, update, delete",
    "request_idempotency": "select, insert, update",
    "jobs": "select",
    "job_failures": "select",
    "audit_log": "select, insert",
} | dict.fromkeys(EDITABLE_SITE, "select, insert, update, delete")
WORKER_GRANTS = {
    "tenants": "select",
    "tenant_integrations": "select, update",
    "tenant_usage": "select",
    "customers": "select, insert, update",
    "bookings": "select, insert, update",
    "booking_events": "select, insert, update",
    "chat_sessions": "select, update",
    "chat_messages": "select, insert",
    "slot_offers": "select, delete",
    "proposals": "select, insert, update",
    "slot_claims": "select, insert, update, delete",
    "request_idempotency": "select, delete",
    "jobs": "select",
    "job_failures": "select",
    "audit_log": "insert",
} | dict.fromkeys(READABLE_SITE, "select")
GATE_GRANTS = {
    "tenants": "select",
    "tenant_domains": "select",
    "tenant_memberships": "select",
    "platform_admins": "select",
    "tenant_integrations": "select",
    "bookings": "select",
    "customers": "select, insert, update",
    "proposals": "select, update",
    "slot_claims": "select, delete",
    "slot_offers": "select, delete",
    "request_idempotency": "select, delete",
    "tenant_usage": "select, insert, update",
    "jobs": "select, insert, update, delete",
    "job_failures": "select, insert",
    "periodic_runs": "select, insert, update",
}
ALL_TABLES = sorted(set(MEMBER_GRANTS) | set(WORKER_GRANTS) | set(GATE_GRANTS))


def policy(table: str, role: str, verbs: str, condition: str) -> list[str]:
    """One policy per verb, so that a missing grant and a missing policy are the same list."""
    statements = [f"grant {verbs} on portal.{table} to {role}"]
    for verb in verbs.split(", "):
        using = "" if verb == "insert" else f" using ({condition})"
        check = f" with check ({condition})" if verb in ("insert", "update") else ""
        statements.append(f"create policy {role}_{verb} on portal.{table} for {verb} to {role}{using}{check}")
    return statements


def tenant_is(table: str, function: str) -> str:
    return f"{TENANT_KEY.get(table, 'tenant_id')} = (select portal.{function}())"


def upgrade() -> None:
    for table in ALL_TABLES:
        op.execute(f"alter table portal.{table} enable row level security")
        op.execute(f"alter table portal.{table} force row level security")
    op.execute(SCOPE_FUNCTIONS)
    for role in (CUSTOMER, MEMBER, WORKER, GATE):
        op.execute(f"grant usage on schema portal to {role}")
    for statement in policies(GATE_GRANTS, GATE, lambda _: "true"):
        op.execute(statement)
    op.execute(f"set local role {GATE}")
    op.execute(GATE_FUNCTIONS)
    op.execute("set local role portal_owner")
    for statement in tenant_policies():
        op.execute(statement)


def policies(grants: dict[str, str], role: str, condition: Callable[[str], str]) -> list[str]:
    return [statement for table, verbs in grants.items() for statement in policy(table, role, verbs, condition(table))]


def tenant_policies() -> list[str]:
    statements: list[str] = []
    for table in ("tenants", *READABLE_SITE):
        extra = " and active and deleted_at is null" if table in ("tenant_services", "tenant_faqs") else ""
        statements += policy(table, CUSTOMER, "select", tenant_is(table, "current_tenant") + extra)
    for table, (verbs, own) in CUSTOMER_OWN.items():
        statements += policy(table, CUSTOMER, verbs, f"{tenant_is(table, 'current_tenant')} and {own}")
    statements += policy("audit_log", CUSTOMER, "insert", tenant_is("audit_log", "current_tenant"))
    statements += policies(MEMBER_GRANTS, MEMBER, lambda table: tenant_is(table, "member_tenant"))
    statements += policies(WORKER_GRANTS, WORKER, lambda table: tenant_is(table, "current_tenant"))
    return statements
