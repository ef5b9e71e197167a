"""Answers that may be a wish for no more messages wait for the business; names in one spelling."""

from alembic import op

revision = "0015"
down_revision = "0014"

# What a customer answered, while the business has not decided what it asks for.
SAID = "alter table portal.sms_suppressions add column said text"
# The owner is under the policies too, and has none.
COMPOSED = """
alter table portal.{table} no force row level security;
update portal.{table} set {column} = normalize({column}, nfc) where {column} is not nfc normalized;
alter table portal.{table} force row level security;
"""
NAMES = {"bookings": "attendee_name", "proposals": "attendee_name", "customers": "name"}


def upgrade() -> None:
    op.execute(SAID)
    for table, column in NAMES.items():
        op.execute(COMPOSED.format(table=table, column=column))
