set local role portal_gate;

create or replace function portal.enqueue_job(
    job_id uuid, job_name text, job_args jsonb, delay_seconds float8, dedup text
)
returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare stored uuid; tenant uuid := portal.acting_tenant();
begin
    perform portal.sealed_scope();
    if tenant is null and current_setting('role') not in ('portal_worker', 'portal_identity')
       and not (current_setting('role') = 'portal_member' and portal.is_platform_admin(portal.current_user_id())) then
        raise insufficient_privilege;
    end if;
    insert into portal.jobs (id, tenant_id, name, args, run_at, dedup_key)
    values (job_id, tenant, job_name, job_args, now() + make_interval(secs => delay_seconds), dedup)
    on conflict do nothing returning id into stored;
    return stored;
end;
$$;
grant execute on function portal.enqueue_job to portal_customer, portal_identity, portal_member, portal_worker;

create or replace function portal.claim_job(job_id uuid, lease_seconds int)
returns table (id uuid, tenant_id uuid, name text, args jsonb, attempts int)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    update portal.jobs j set state = 'running', attempts = j.attempts + 1,
        lease_until = now() + make_interval(secs => lease_seconds)
    where j.id = job_id and j.run_at <= now()
      and (j.state = 'ready' or (j.state = 'running' and j.lease_until < now()))
    returning j.id, j.tenant_id, j.name, j.args, j.attempts;
$$;
grant execute on function portal.claim_job to portal_worker;

create or replace function portal.renew_job(job_id uuid, attempt int, lease_seconds int)
returns boolean
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    with kept as (
        update portal.jobs set lease_until = now() + make_interval(secs => lease_seconds)
        where id = job_id and attempts = attempt and state = 'running' and portal.is_in_scope(tenant_id) returning 1)
    select exists (select 1 from kept);
$$;
grant execute on function portal.renew_job to portal_worker;

-- True when this attempt owns the job, also when it has marked it done before.
create or replace function portal.finish_job(job_id uuid, attempt int)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    update portal.jobs set state = 'done', finished_at = now(), lease_until = null
    where id = job_id and attempts = attempt and state = 'running' and portal.is_in_scope(tenant_id);
    return found or exists (
        select 1 from portal.jobs
        where id = job_id and attempts = attempt and state = 'done' and portal.is_in_scope(tenant_id));
end;
$$;
grant execute on function portal.finish_job to portal_worker;

create or replace function portal.fail_job(
    job_id uuid, attempt int, failure text, backoff_seconds int, permanent boolean
)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare outcome text;
begin
    perform portal.sealed_scope();
    update portal.jobs set last_error = failure, lease_until = null,
        state = case when permanent or attempts >= max_attempts then 'dead' else 'ready' end,
        finished_at = case when permanent or attempts >= max_attempts then now() end,
        run_at = now() + make_interval(secs => backoff_seconds)
    where id = job_id and attempts = attempt and state = 'running' and portal.is_in_scope(tenant_id)
    returning state into outcome;
    if outcome = 'dead' then
        insert into portal.job_failures (tenant_id, job_id, name, payload, attempts, last_error)
        select tenant_id, id, name, args, attempts, failure from portal.jobs where id = job_id;
    end if;
    return outcome;
end;
$$;
grant execute on function portal.fail_job to portal_worker;

-- Also buries jobs whose worker died at their last attempt.
create or replace function portal.due_jobs(most int)
returns setof uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.unbound_scope();
    with dead as (
        update portal.jobs set state = 'dead', finished_at = now(), last_error = 'the worker died'
        where state = 'running' and lease_until < now() and attempts >= max_attempts
        returning id, tenant_id, name, args, attempts)
    insert into portal.job_failures (tenant_id, job_id, name, payload, attempts, last_error)
    select tenant_id, id, name, args, attempts, 'the worker died' from dead;
    return query select id from portal.jobs
    where (state = 'ready' and run_at <= now()) or (state = 'running' and lease_until < now())
    order by run_at limit most;
end;
$$;
grant execute on function portal.due_jobs to portal_worker;

-- True for exactly one caller in each period.
create or replace function portal.claim_tick(tick_name text, minutes int)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare slot timestamptz := to_timestamp(floor(extract(epoch from now()) / (minutes * 60)) * minutes * 60);
begin
    perform portal.unbound_scope();
    insert into portal.periodic_runs as p (name, last_slot) values (tick_name, slot)
    on conflict (name) do update set last_slot = slot where p.last_slot < slot;
    return found;
end;
$$;
grant execute on function portal.claim_tick to portal_worker;

-- Old offers, claims of proposals nobody confirmed, old keys and finished jobs go; what waits too long expires.
-- Returns the proposals whose execution was cut off: a job per tenant settles each by looking.
create or replace function portal.sweep_expired()
returns table (tenant_id uuid, proposal_id uuid)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.unbound_scope();
    update portal.proposals set state = 'expired', decided_at = now()
    where state = 'waiting' and expires_at < now();
    delete from portal.slot_claims where expires_at < now() or end_time < now() - interval '1 day';
    delete from portal.slot_offers where expires_at < now() - interval '1 hour';
    delete from portal.request_idempotency where created_at < now() - interval '48 hours';
    delete from portal.jobs where state = 'done' and finished_at < now() - interval '14 days';
    return query select p.tenant_id, p.id from portal.proposals p
    where p.state = 'executing' and p.lease_until < now() limit 500;
end;
$$;
grant execute on function portal.sweep_expired to portal_worker;

create or replace function portal.list_failures(open_only boolean, before timestamptz, most int)
returns table (id uuid, tenant_id uuid, slug text, job_id uuid, name text, payload jsonb, attempts int, last_error
    text, failed_at timestamptz, resolution text, resolved_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare everything boolean := portal.sees_every_tenant(); tenant uuid := portal.administered_tenant();
begin
    perform portal.sealed_scope();
    return query
    select f.id, f.tenant_id, t.slug, f.job_id, f.name, f.payload, f.attempts, f.last_error, f.failed_at,
           f.resolution, f.resolved_at
    from portal.job_failures f left join portal.tenants t on t.id = f.tenant_id
    where (everything or f.tenant_id = tenant) and (not open_only or f.resolved_at is null)
      and (before is null or f.failed_at < before)
    order by f.failed_at desc limit most;
end;
$$;
grant execute on function portal.list_failures to portal_member;

-- The job starts anew with all its attempts; null when there is nothing to retry, or another does the same work.
create or replace function portal.retry_failure(failure uuid)
returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare everything boolean := portal.sees_every_tenant(); tenant uuid := portal.administered_tenant(); job uuid;
begin
    perform portal.sealed_scope();
    update portal.job_failures f
    set resolution = 'retried', resolved_at = now(), resolved_by = (select portal.current_user_id())
    where f.id = failure and f.resolved_at is null and (everything or f.tenant_id = tenant)
    returning f.job_id into job;
    begin
        update portal.jobs j set state = 'ready', attempts = 0, run_at = now(), finished_at = null
        where j.id = job and j.state = 'dead' returning j.id into job;
        return case when found then job end;
    exception when unique_violation then
        return null;
    end;
end;
$$;
grant execute on function portal.retry_failure to portal_member;

create or replace function portal.discard_failure(failure uuid)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare everything boolean := portal.sees_every_tenant(); tenant uuid := portal.administered_tenant();
begin
    perform portal.sealed_scope();
    update portal.job_failures f
    set resolution = 'discarded', resolved_at = now(), resolved_by = (select portal.current_user_id())
    where f.id = failure and f.resolved_at is null and (everything or f.tenant_id = tenant);
    return found;
end;
$$;
grant execute on function portal.discard_failure to portal_member;

create or replace function portal.untold_failures(most int)
returns table (id uuid, name text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select f.id, f.name from portal.job_failures f where f.told_at is null order by f.failed_at limit most;
$$;
grant execute on function portal.untold_failures to portal_worker;

create or replace function portal.mark_failures_told(failures uuid[])
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    update portal.job_failures f set told_at = now() where f.id = any (failures) and f.told_at is null;
$$;
grant execute on function portal.mark_failures_told to portal_worker;
