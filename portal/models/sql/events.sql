set local role portal_gate;

-- A batch of received webhooks [{id, job_id, tenant_id, provider, event_type, provider_event_id, body_hash,
-- payload}] and the jobs that process them, in one statement. Returns what is new. In the order of their hashes, so
-- that two processes that were given the same events wait for each other instead of deadlocking.
create or replace function portal.receive_events(events jsonb)
returns table (event_id uuid, job_id uuid)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    with given as materialized (
        select * from jsonb_to_recordset(events) as e(
            id uuid, job_id uuid, tenant_id uuid, provider text, event_type text, provider_event_id text,
            body_hash text, payload jsonb)),
    stored as (
        insert into portal.booking_events as b (
            id, tenant_id, provider, event_type, provider_event_id, body_hash, raw_payload)
        select id, tenant_id, provider, event_type, provider_event_id, body_hash, payload from given
        order by body_hash
        on conflict do nothing returning b.id, b.tenant_id, b.provider)
    insert into portal.jobs as j (id, tenant_id, name, args)
    select g.job_id, s.tenant_id, 'process_' || s.provider || '_webhook',
           jsonb_build_object('event_id', s.id)
    from stored s join given g on g.id = s.id
    returning (j.args ->> 'event_id')::uuid, j.id;
$$;
grant execute on function portal.receive_events to portal_worker;

-- Of the current tenant, or (where there is none) of nobody yet.
create or replace function portal.read_event(event uuid)
returns table (provider text, event_type text, provider_event_id text, payload jsonb, processing_status text,
    received_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select b.provider, b.event_type, b.provider_event_id, b.raw_payload, b.processing_status, b.received_at
    from portal.booking_events b
    where b.id = event and b.tenant_id is not distinct from portal.current_tenant();
$$;
grant execute on function portal.read_event to portal_worker;

create or replace function portal.finish_event(event uuid, outcome text, failure text, booking uuid)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    update portal.booking_events set processed_at = now(), result = outcome, error = failure,
        booking_id = coalesce(booking, booking_id),
        processing_status = case when failure is null then 'processed' else 'failed' end
    where id = event and tenant_id is not distinct from portal.current_tenant()
      and (failure is null or processing_status <> 'processed');
$$;
grant execute on function portal.finish_event to portal_worker;

-- What came before the calendar was last asked about these bookings is told by that answer already.
create or replace function portal.finish_events_before(moment timestamptz, uids text[], outcome text, booking uuid)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    update portal.booking_events set processed_at = now(), result = outcome, error = null,
        booking_id = coalesce(booking, booking_id), processing_status = 'processed'
    where tenant_id = (select portal.current_tenant()) and provider = 'calcom' and processing_status <> 'processed'
      and received_at < moment and provider_event_id = any (uids);
$$;
grant execute on function portal.finish_events_before to portal_worker;

-- The current tenant's events (nobody's, where there is none) that failed and will be tried again by themselves, and when.
create or replace function portal.event_retries()
returns table (event_id uuid, next_attempt_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare tenant uuid := portal.member_tenant();
begin
    perform portal.sealed_scope();
    if coalesce(portal.member_role(), '') not in ('tenant_admin', 'platform_admin')
       or tenant is distinct from portal.current_tenant() then
        raise insufficient_privilege;
    end if;
    return query
        select b.id, max(j.run_at) from portal.jobs j
        join portal.booking_events b on b.id::text = j.args ->> 'event_id'
        where j.state in ('ready', 'running') and j.tenant_id is not distinct from tenant
          and j.name = 'process_' || b.provider || '_webhook'
          and b.tenant_id is not distinct from tenant and b.processing_status = 'failed'
        group by b.id;
end;
$$;
grant execute on function portal.event_retries to portal_member;

-- The event is to be processed once more; whoever calls it enqueues the job.
create or replace function portal.reopen_event(event uuid)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare tenant uuid := portal.member_tenant(); which text;
begin
    perform portal.sealed_scope();
    if coalesce(portal.member_role(), '') not in ('tenant_admin', 'platform_admin')
       or tenant is distinct from portal.current_tenant() then
        raise insufficient_privilege;
    end if;
    update portal.booking_events set processing_status = 'pending', error = null
    where id = event and tenant_id is not distinct from tenant returning provider into which;
    return which;
end;
$$;
grant execute on function portal.reopen_event to portal_member;

create or replace function portal.tenant_of_stripe_customer(customer text)
returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select tenant_id from portal.tenant_integrations where stripe_customer_id = customer limit 1;
$$;
grant execute on function portal.tenant_of_stripe_customer to portal_worker;

-- Connected calendars, and where their webhooks go.
create or replace function portal.connected_calendars()
returns table (tenant_id uuid, slug text, webhook_url text, webhook_checked_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select i.tenant_id, t.slug, i.cal_webhook_url, i.cal_webhook_checked_at
    from portal.tenant_integrations i join portal.tenants t on t.id = i.tenant_id
    where i.cal_api_key_secret_id is not null and t.status <> 'deleted' order by i.tenant_id;
$$;
grant execute on function portal.connected_calendars to portal_worker;
