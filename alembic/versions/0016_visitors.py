"""What one visitor of a business holds, books and spends: counted and decided by the database.

A visitor is a keyed hash of an address (``portal.core.visitors``). Nobody reads these counts but the functions here.
"""

from alembic import op

revision = "0016"
down_revision = "0015"

GATE = "portal_gate"

TABLES = """
alter table portal.proposals add column visitor text;
create index proposals_visitor on portal.proposals (tenant_id, visitor, created_at) where visitor is not null;

-- Tokens of the assistant that a visitor's conversations used on a day (UTC), those of running turns included.
create table portal.visitor_usage (
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    day date not null,
    visitor text not null,
    tokens bigint not null default 0,
    primary key (tenant_id, day, visitor)
);
alter table portal.visitor_usage enable row level security;
alter table portal.visitor_usage force row level security;

-- How much of that day's budget the owner was told to be used, in percent.
alter table portal.tenant_usage add column told_percent int not null default 0;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(f"grant select, insert, update, delete on portal.visitor_usage to {GATE}")
    op.execute(f"create policy {GATE}_all on portal.visitor_usage to {GATE} using (true) with check (true)")
