"""What chats used can be added up over all businesses: the numbers alone, not a word of what was said."""

from alembic import op

revision = "0022"
down_revision = "0021"

GRANTS = """
grant select (tenant_id, session_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
    on portal.chat_messages to portal_gate;
create policy portal_gate_select on portal.chat_messages for select to portal_gate using (true);
"""


def upgrade() -> None:
    op.execute(GRANTS)
