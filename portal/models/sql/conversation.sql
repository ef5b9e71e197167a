-- A turn's beginning and end run with the caller's own rights: the wall stands inside them as outside. They are planned
-- once per connection (force_generic_plan): a customer waits for the first word, not for five first plans. All of them
-- look one session up by its key: no value of theirs deserves a plan of its own.
set local role portal_owner;

-- Stores what was said and takes the session for one turn. No row: no such session; not ``taken``: another turn runs.
-- What the answer before asked is told once, and forgotten with the next words, also when their turn dies before its end.
create or replace function portal.begin_turn(
    session uuid, at timestamptz, today date, turn text, taken_until float8, idle_since timestamptz, message uuid,
    message_role text, message_content jsonb, most int
)
returns table (last_active_at timestamptz, state jsonb, session_tokens bigint, taken boolean, history jsonb,
    has_offers boolean, proposal jsonb, tokens_today bigint)
language plpgsql volatile set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
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
end;
$$;
grant execute on function portal.begin_turn to portal_customer, portal_worker;

-- Stores what followed and gives the session free. A turn that outlived its lease stores what it said, but must not
-- free the session for the turn that runs now; and it is no longer the last answer: what it asked does not count.
create or replace function portal.finish_turn(
    session uuid, at timestamptz, today date, turn text, asked text, messages jsonb, input_only bigint, input
    bigint, output bigint, cache_read bigint, cache_write bigint
)
returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
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
end;
$$;
grant execute on function portal.finish_turn to portal_customer, portal_worker;

create or replace function portal.append_messages(session uuid, at timestamptz, messages jsonb)
returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
    insert into portal.chat_messages
        (id, tenant_id, session_id, role, content, cards, model, input_tokens, output_tokens, cache_read_tokens,
         cache_write_tokens, stop_reason, created_at)
    select m.id, portal.current_tenant(), session, m.role, m.content, m.cards, m.model, m.input_tokens,
           m.output_tokens, m.cache_read_tokens, m.cache_write_tokens, m.stop_reason, at
    from rows from (jsonb_to_recordset(messages) as (
        id uuid, role text, content jsonb, cards jsonb, model text, input_tokens int, output_tokens int,
        cache_read_tokens int, cache_write_tokens int, stop_reason text)) with ordinality as m
    order by m.ordinality;
end;
$$;
grant execute on function portal.append_messages to portal_customer, portal_worker;

set local role portal_gate;

create or replace function portal.record_usage(
    day date, input_tokens bigint, output_tokens bigint, cache_read bigint, cache_write bigint
)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    insert into portal.tenant_usage as u
        (tenant_id, day, turns, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
    values (portal.current_tenant(), record_usage.day, 1, record_usage.input_tokens,
            record_usage.output_tokens, cache_read, cache_write)
    on conflict (tenant_id, day) do update set
        turns = u.turns + 1,
        input_tokens = u.input_tokens + excluded.input_tokens,
        output_tokens = u.output_tokens + excluded.output_tokens,
        cache_read_tokens = u.cache_read_tokens + excluded.cache_read_tokens,
        cache_write_tokens = u.cache_write_tokens + excluded.cache_write_tokens;
$$;
grant execute on function portal.record_usage to portal_customer;

-- As they count against the budget: ten tokens read from the cache for one (``charged`` in models/conversation.py).
create or replace function portal.usage_today(today date)
returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select coalesce(sum(input_tokens + output_tokens + cache_write_tokens + cache_read_tokens / 10), 0)::bigint
    from portal.tenant_usage where tenant_id = (select portal.current_tenant()) and day = today;
$$;
grant execute on function portal.usage_today to portal_customer;
