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
# As in 0009 and 0013, but for ``asked``: what the answer before asked is told once, and forgotten with the next words,
# also when their turn dies before its end.
BEGIN_TURN = """
create or replace function portal.begin_turn(
    session uuid, at timestamptz, today date, turn text, taken_until float8, idle_since timestamptz,
    message uuid, message_role text, message_content jsonb, most int
) returns table (
    last_active_at timestamptz, state jsonb, session_tokens bigint, taken boolean, history jsonb, has_offers boolean,
    proposal jsonb, tokens_today bigint
) language plpgsql volatile set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare tenant uuid := portal.current_tenant();
begin
    return query
    with asked as materialized (
        select s.id, s.last_active_at, s.state, s.input_tokens + s.output_tokens as session_tokens
        from portal.chat_sessions s where s.tenant_id = tenant and s.id = session for update
    ), mine as (
        update portal.chat_sessions s
        set last_active_at = at,
            state = (asked.state - 'asked') || jsonb_build_object('turn', turn, 'until', taken_until)
        from asked
        where s.tenant_id = tenant and s.id = asked.id and asked.last_active_at > idle_since
          and coalesce((asked.state ->> 'until')::float8, 0) <= extract(epoch from at)
        returning s.id
    ), said as (
        insert into portal.chat_messages (id, tenant_id, session_id, role, content, created_at)
        select message, tenant, mine.id, message_role, message_content, at from mine
    )
    select asked.last_active_at, asked.state, asked.session_tokens,
        exists (select 1 from mine),
        (select coalesce(jsonb_agg(jsonb_build_array(m.role, m.content, m.stop_reason) order by m.seq), '[]')
         from (select c.role, c.content, c.stop_reason, c.seq from portal.chat_messages c
               where c.tenant_id = tenant and c.session_id = session order by c.seq desc limit most) m),
        exists (select 1 from portal.slot_offers o
                where o.tenant_id = tenant and o.session_id = session and o.expires_at > at and o.start_time > at),
        (select jsonb_build_object('id', p.id, 'kind', p.kind, 'summary', p.summary, 'expires_at', p.expires_at)
         from portal.proposals p
         where p.tenant_id = tenant and p.session_id = session and p.state = 'waiting' and p.expires_at > at
         order by p.created_at desc limit 1),
        portal.usage_today(today)
    from asked;
end $$;
"""
# A turn that outlived its lease is no longer the last answer: what it asked does not count.
FINISH_TURN = """
create or replace function portal.finish_turn(
    session uuid, at timestamptz, today date, turn text, asked text, messages jsonb,
    input_only bigint, input bigint, output bigint, cache_read bigint, cache_write bigint
) returns void language plpgsql volatile set plan_cache_mode = force_generic_plan as $$
declare tenant uuid := portal.current_tenant();
begin
    perform portal.append_messages(session, at, messages);
    update portal.chat_sessions s set
        last_active_at = at,
        input_tokens = s.input_tokens + input,
        output_tokens = s.output_tokens + output,
        state = case when s.state ->> 'turn' = turn
                     then (s.state - 'turn' - 'until') || jsonb_build_object('asked', asked)
                     else s.state - 'asked' end
    where s.tenant_id = tenant and s.id = session;
    if input + output > 0 then
        perform portal.record_usage(today, input_only, output, cache_read, cache_write);
    end if;
end $$;
"""


def upgrade() -> None:
    for statement in (COLUMNS, BEGIN_TURN, FINISH_TURN):
        op.execute(statement)
