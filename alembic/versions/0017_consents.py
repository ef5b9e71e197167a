"""What consented to a change is kept with its proposal; and a turn that began leaves nothing of the answer before in sight."""

from alembic import op

revision = "0017"
down_revision = "0016"

# ``act_…``: what set the proposal in motion. A chat's messages may be deleted one day: then their ids go, the act stays.
COLUMNS = """
alter table portal.chat_messages add constraint chat_messages_tenant_id_id_key unique (tenant_id, id);
alter table portal.proposals
    add column offered_at timestamptz,
    add column act_by text check (act_by in ('button', 'message', 'form', 'manage', 'staff')),
    add column act_at timestamptz,
    add column act_message_id uuid,
    add column act_card_id uuid,
    add constraint proposals_act_message_id_fkey foreign key (tenant_id, act_message_id)
        references portal.chat_messages (tenant_id, id) on delete set null (act_message_id),
    add constraint proposals_act_card_id_fkey foreign key (tenant_id, act_card_id)
        references portal.chat_messages (tenant_id, id) on delete set null (act_card_id);
create index proposals_act_message on portal.proposals (tenant_id, act_message_id) where act_message_id is not null;
create index proposals_act_card on portal.proposals (tenant_id, act_card_id) where act_card_id is not null;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
