"""What a request's card says: when its customer agreed to texts, what a correction changed, whether texts are sent."""

from alembic import op

revision = "0018"
down_revision = "0017"

COLUMNS = """
alter table portal.proposals add column consent_sms_at timestamptz,
    add column changes jsonb not null default '[]';
alter table portal.bookings add column consent_sms_at timestamptz;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
