"""Whether a tenant's Cal.com key is still accepted, and what its event types were when last asked."""

from alembic import op

revision = "0021"
down_revision = "0020"

COLUMNS = """
alter table portal.tenant_integrations
    -- Since when Cal.com refuses the stored key; null while it is accepted.
    add column cal_key_refused_at timestamptz,
    -- Minutes by event type id, as the account had them when it was last asked; null before.
    add column cal_event_types jsonb,
    add column cal_event_types_at timestamptz;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
