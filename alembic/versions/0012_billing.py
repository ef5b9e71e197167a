"""What a tenant pays for: its plan and how its subscription stands, as Stripe last said."""

from alembic import op

revision = "0012"
down_revision = "0011"

COLUMNS = """
alter table portal.tenant_integrations
    -- Since when a customer is being made at Stripe: names the key under which that is asked, so that it is one.
    add column stripe_customer_begun_at timestamptz,
    add column stripe_plan text check (stripe_plan in ('starter', 'growth', 'premium')),
    add column stripe_period_end timestamptz,
    add column stripe_ends_at timestamptz,
    add column stripe_synced_at timestamptz;

create unique index tenant_integrations_stripe_customer on portal.tenant_integrations (stripe_customer_id)
    where stripe_customer_id is not null;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
