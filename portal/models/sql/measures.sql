set local role portal_gate;

-- lag: how long the oldest one that could run waits, in seconds.
create or replace function portal.job_overview()
returns table (name text, waiting bigint, delayed bigint, running bigint, dead bigint, lag float8)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare everything boolean := portal.sees_every_tenant(); tenant uuid := portal.administered_tenant();
begin
    perform portal.sealed_scope();
    return query
    select j.name, count(*) filter (where j.state = 'ready' and j.run_at <= now()),
           count(*) filter (where j.state = 'ready' and j.run_at > now()),
           count(*) filter (where j.state = 'running'), 0::bigint,
           coalesce(extract(epoch from now() - min(j.run_at) filter (
               where j.state = 'ready' and j.run_at <= now())), 0)::float8
    from portal.jobs j where j.state in ('ready', 'running') and (everything or j.tenant_id = tenant)
    group by j.name
    union all
    select f.name, 0, 0, 0, count(*), 0 from portal.job_failures f
    where f.resolved_at is null and (everything or f.tenant_id = tenant) group by f.name;
end;
$$;
grant execute on function portal.job_overview to portal_member, portal_worker;

-- lag: the age in seconds of the oldest event that was not processed.
create or replace function portal.event_overview()
returns table (provider text, processing_status text, events bigint, lag float8)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select b.provider, b.processing_status, count(*), extract(epoch from now() - min(b.received_at))::float8
    from portal.booking_events b where b.processing_status <> 'processed'
    group by b.provider, b.processing_status;
$$;
grant execute on function portal.event_overview to portal_worker;

-- What happened within a day, as (subject, kind, how many).
create or replace function portal.activity_overview()
returns table (subject text, kind text, amount bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select 'messages', n.state, count(*) from portal.notifications n
    where n.updated_at > now() - interval '1 day' group by n.state
    union all
    select 'bookings', b.status, count(*) from portal.bookings b
    where b.updated_at > now() - interval '1 day' group by b.status
    union all
    select 'chats', s.channel, count(*) from portal.chat_sessions s
    where s.created_at > now() - interval '1 day' group by s.channel
    union all
    select 'events', e.provider, count(*) from portal.booking_events e
    where e.received_at > now() - interval '1 day' group by e.provider;
$$;
grant execute on function portal.activity_overview to portal_worker;

-- Tokens by model of the chats begun within a day, over all businesses.
create or replace function portal.token_overview()
returns table (
    model text, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint
)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select m.model, sum(m.input_tokens)::bigint, sum(m.output_tokens)::bigint, sum(m.cache_read_tokens)::bigint,
           sum(m.cache_write_tokens)::bigint
    from portal.chat_sessions s
    join portal.chat_messages m on m.tenant_id = s.tenant_id and m.session_id = s.id
    where s.created_at > now() - interval '1 day' and m.model is not null group by m.model;
$$;
grant execute on function portal.token_overview to portal_worker;

-- How many chats begun within a day were with the model's words, and how many of those led to a booking.
create or replace function portal.chat_overview()
returns table (chats bigint, booked bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select count(*), count(s.converted_booking_id) from portal.chat_sessions s
    where s.created_at > now() - interval '1 day' and s.input_tokens + s.output_tokens > 0;
$$;
grant execute on function portal.chat_overview to portal_worker;
