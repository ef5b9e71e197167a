set local role portal_gate;

-- Planned messages whose time has come, each with the job that sends it.
create or replace function portal.release_due_notifications(moment timestamptz, most int)
returns setof uuid
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    with due as materialized (
        select id from portal.notifications where state = 'planned' and due_at <= moment
        order by due_at limit most for update skip locked),
    released as (
        update portal.notifications n set state = 'queued', updated_at = clock_timestamp()
        from due where n.id = due.id returning n.id, n.tenant_id)
    insert into portal.jobs (tenant_id, name, args, dedup_key)
    select tenant_id, 'send_sms', jsonb_build_object('notification_id', id), id::text from released
    on conflict do nothing returning id;
$$;
grant execute on function portal.release_due_notifications to portal_worker;

-- Whose message a provider speaks of: by its own id, or by ours.
create or replace function portal.tenant_of_message(sid text, notification uuid)
returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select n.tenant_id from portal.notifications n where n.provider_sid = sid or n.id = notification limit 1;
$$;
grant execute on function portal.tenant_of_message to portal_worker;

-- Who texted this number through the platform's own account: an opt-out there concerns all of them.
create or replace function portal.platform_texters(number text)
returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select distinct n.tenant_id from portal.notifications n
    where n.to_phone = number and n.from_account = 'platform';
$$;
grant execute on function portal.platform_texters to portal_worker;

-- Whoever once sent a message, or chose how to, has a row.
create or replace function portal.tenants_texting()
returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select s.tenant_id from portal.tenant_sms_settings s join portal.tenants t on t.id = s.tenant_id
    where s.enabled and t.status <> 'deleted' order by s.tenant_id;
$$;
grant execute on function portal.tenants_texting to portal_worker;

-- What nobody sends any more. What waited was surely not sent; of what was being sent nobody can tell.
create or replace function portal.close_stale_notifications(moment timestamptz)
returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    with closed as (
        update portal.notifications n set updated_at = clock_timestamp(),
            state = case n.state when 'queued' then 'dropped' else 'failed' end,
            reason = case n.state when 'queued' then 'too_late' else 'unknown' end
        where n.state in ('queued', 'sending') and n.start_time < moment and not exists (
            select 1 from portal.jobs j
            where j.tenant_id = n.tenant_id and j.name = 'send_sms' and j.dedup_key = n.id::text
              and j.state in ('ready', 'running'))
        returning 1)
    select count(*) from closed;
$$;
grant execute on function portal.close_stale_notifications to portal_worker;

-- One word of what customers may not read: whether the current business sends texts at all. A business with an account
-- of its own sends by that one or not at all; the others by the platform's, if it has one.
create or replace function portal.sends_texts(platform_can boolean)
returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select coalesce((select s.enabled from portal.tenant_sms_settings s
                     where s.tenant_id = (select portal.current_tenant())), true)
       and coalesce((select i.twilio_messaging_service_sid is not null from portal.tenant_integrations i
                     where i.tenant_id = (select portal.current_tenant())
                       and i.twilio_account_sid_secret_id is not null
                       and i.twilio_auth_token_secret_id is not null), platform_can);
$$;
grant execute on function portal.sends_texts to portal_customer;
