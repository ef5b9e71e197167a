"""A turn's functions are planned once per connection: a customer waits for the first word, not for five first plans.

Without this PostgreSQL plans each statement of a function anew five times before it considers keeping a plan. All of
them look one session up by its key: no value of theirs deserves a plan of its own.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

SIGNATURES = (
    "begin_turn(uuid, timestamptz, date, text, float8, timestamptz, uuid, text, jsonb, int)",
    "finish_turn(uuid, timestamptz, date, text, text, jsonb, bigint, bigint, bigint, bigint, bigint)",
    "append_messages(uuid, timestamptz, jsonb)",
)


def upgrade() -> None:
    for signature in SIGNATURES:
        op.execute(f"alter function portal.{signature} set plan_cache_mode = force_generic_plan")
