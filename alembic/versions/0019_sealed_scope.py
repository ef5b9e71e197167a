"""The keys that scopes are sealed with, and functions that live in files from here on.

Functions stand in ``portal/models/sql`` now: whatever an earlier migration says of one is history.
"""

from alembic import op

revision = "0019"
down_revision = "0018"

OWNER, GATE, OPERATOR = "portal_owner", "portal_gate", "portal_operator"

# A key's two pads, as HMAC-SHA256 makes them: the database needs no more of a key than that. The owner puts keys in and
# takes them out, and reads none.
KEYS = f"""
create table portal.scope_keys (
    only_row boolean primary key default true check (only_row),
    inner_pad bytea not null check (octet_length(inner_pad) = 64),
    outer_pad bytea not null check (octet_length(outer_pad) = 64),
    previous_inner_pad bytea check (octet_length(previous_inner_pad) = 64),
    previous_outer_pad bytea check (octet_length(previous_outer_pad) = 64)
);
alter table portal.scope_keys enable row level security;
alter table portal.scope_keys force row level security;
grant select on portal.scope_keys to {GATE};
create policy {GATE}_select on portal.scope_keys for select to {GATE} using (true);
create policy {OWNER}_insert on portal.scope_keys for insert to {OWNER} with check (true);
create policy {OWNER}_delete on portal.scope_keys for delete to {OWNER} using (true);

create table portal.schema_functions (digest text not null);
grant select on portal.schema_functions, portal.alembic_version to {GATE};
grant usage on schema portal to {OPERATOR};
"""
# What policies call belongs to the gate, which alone reads the keys.
MOVED = (
    "current_tenant()", "current_user_id()", "current_session()", "current_booking()", "current_request_key()",
    "schema_version()",
)  # fmt: skip


def upgrade() -> None:
    op.execute(KEYS)
    for signature in MOVED:
        op.execute(f"alter function portal.{signature} owner to {GATE}")
    op.execute(f"set local role {GATE}")
    op.execute("drop function portal.is_tenant_member(uuid, uuid)")
    op.execute(f"alter default privileges for role {GATE} revoke execute on functions from public")
    op.execute("set local role portal_owner")
    op.execute(f"alter default privileges for role {OWNER} revoke execute on functions from public")
