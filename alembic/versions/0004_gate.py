"""What must happen before, or across, tenants: one narrow SECURITY DEFINER function each."""

from alembic import op

revision = "0004"
down_revision = "0003"

CUSTOMER, MEMBER, WORKER, GATE = "portal_customer", "portal_member", "portal_worker", "portal_gate"
DEFINER = "security definer set search_path = pg_catalog, portal"

# signature → (who may call it, the rest of its definition)
FUNCTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "resolve_host(name text, wanted_slug text)": (
        (CUSTOMER,),
        f"""returns table (tenant_id uuid, slug text, status text) language sql stable {DEFINER} as $$
            select t.id, t.slug, t.status from portal.tenants t
            where t.slug = wanted_slug and t.status <> 'deleted'
            union all
            select t.id, t.slug, t.status from portal.tenant_domains d join portal.tenants t on t.id = d.tenant_id
            where d.hostname = name and d.verified_at is not null and t.status <> 'deleted'
            limit 1 $$""",
    ),
    # A reference names at most one booking of the current tenant; with an e-mail it must be its attendee's. Who shares a
    # time with others is found by the seat alone, or by the shared reference and the e-mail.
    "find_booking(uid text, email text)": (
        (CUSTOMER,),
        f"""returns uuid language sql stable {DEFINER} as $$
            select b.id from portal.bookings b
            where b.tenant_id = portal.current_tenant()
              and (find_booking.email is null or b.attendee_email = find_booking.email)
              and (b.cal_seat_uid = uid
                or ((b.cal_seat_uid is null or find_booking.email is not null)
                    and (b.cal_booking_uid = uid or uid = any (b.cal_previous_uids))))
            limit 1 $$""",
    ),
    # Never overwrites what is known of somebody: a visitor who types another's e-mail must not change their phone.
    "remember_customer(email text, name text, phone text)": (
        (CUSTOMER, WORKER),
        f"""returns uuid language sql volatile {DEFINER} as $$
            insert into portal.customers as c (tenant_id, email, name, phone)
            values (portal.current_tenant(), remember_customer.email, remember_customer.name, remember_customer.phone)
            on conflict (tenant_id, email) do update set
                name = coalesce(c.name, excluded.name), phone = coalesce(c.phone, excluded.phone)
            returning c.id $$""",
    ),
    "release_expired_claims(resource uuid, from_time timestamptz, to_time timestamptz)": (
        (CUSTOMER, MEMBER, WORKER),
        f"""returns void language sql volatile {DEFINER} as $$
            delete from portal.slot_claims
            where tenant_id = portal.acting_tenant() and resource_id = resource
              and tstzrange(start_time, end_time, '[)') && tstzrange(from_time, to_time, '[)')
              and expires_at < now() $$""",
    ),
    "record_usage(day date, input_tokens bigint, output_tokens bigint, cache_read bigint, cache_write bigint)": (
        (CUSTOMER,),
        f"""returns void language sql volatile {DEFINER} as $$
            insert into portal.tenant_usage as u
                (tenant_id, day, turns, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
            values (portal.current_tenant(), record_usage.day, 1, record_usage.input_tokens,
                    record_usage.output_tokens, cache_read, cache_write)
            on conflict (tenant_id, day) do update set
                turns = u.turns + 1,
                input_tokens = u.input_tokens + excluded.input_tokens,
                output_tokens = u.output_tokens + excluded.output_tokens,
                cache_read_tokens = u.cache_read_tokens + excluded.cache_read_tokens,
                cache_write_tokens = u.cache_write_tokens + excluded.cache_write_tokens $$""",
    ),
    "usage_today(today date)": (
        (CUSTOMER,),
        f"""returns bigint language sql stable {DEFINER} as $$
            select coalesce(sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens), 0)::bigint
            from portal.tenant_usage where tenant_id = portal.current_tenant() and day = today $$""",
    ),
    "store_secret(secret_name text, sealed text)": (
        (MEMBER, WORKER),
        f"""returns uuid language plpgsql volatile {DEFINER} as $$
            declare tenant uuid := portal.acting_tenant();
            begin
                if tenant is null then raise insufficient_privilege; end if;
                return vault.create_secret(sealed, tenant::text || ':' || secret_name || ':' || gen_random_uuid()::text,
                                           'sealed by the portal');
            end $$""",
    ),
    # Only what the current tenant's integrations point at; the text is sealed for that tenant besides.
    "read_secret(secret_id uuid)": (
        (WORKER,),
        f"""returns text language sql stable {DEFINER} as $$
            select s.decrypted_secret from vault.decrypted_secrets s
            where s.id = secret_id and exists (
                select 1 from portal.tenant_integrations i
                where i.tenant_id = portal.current_tenant()
                  and secret_id in (i.cal_api_key_secret_id, i.twilio_account_sid_secret_id,
                                    i.twilio_auth_token_secret_id)) $$""",
    ),
    "enqueue_job(job_id uuid, job_name text, job_args jsonb, delay_seconds float8, dedup text)": (
        (CUSTOMER, MEMBER, WORKER),
        f"""returns uuid language plpgsql volatile {DEFINER} as $$
            declare stored uuid; tenant uuid := portal.acting_tenant();
            begin
                if tenant is null and current_setting('role') <> 'portal_worker' then
                    raise insufficient_privilege;
                end if;
                insert into portal.jobs (id, tenant_id, name, args, run_at, dedup_key)
                values (job_id, tenant, job_name, job_args, now() + make_interval(secs => delay_seconds), dedup)
                on conflict do nothing returning id into stored;
                return stored;
            end $$""",
    ),
    "claim_job(job_id uuid, lease_seconds int)": (
        (WORKER,),
        f"""returns table (id uuid, tenant_id uuid, name text, args jsonb, attempts int)
            language sql volatile {DEFINER} as $$
            update portal.jobs j set state = 'running', attempts = j.attempts + 1,
                lease_until = now() + make_interval(secs => lease_seconds)
            where j.id = job_id and j.run_at <= now()
              and (j.state = 'ready' or (j.state = 'running' and j.lease_until < now()))
            returning j.id, j.tenant_id, j.name, j.args, j.attempts $$""",
    ),
    "renew_job(job_id uuid, attempt int, lease_seconds int)": (
        (WORKER,),
        f"""returns boolean language sql volatile {DEFINER} as $$
            with kept as (
                update portal.jobs set lease_until = now() + make_interval(secs => lease_seconds)
                where id = job_id and attempts = attempt and state = 'running' returning 1)
            select exists (select 1 from kept) $$""",
    ),
    # True when this attempt owns the job, also when it has marked it done before.
    "finish_job(job_id uuid, attempt int)": (
        (WORKER,),
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                update portal.jobs set state = 'done', finished_at = now(), lease_until = null
                where id = job_id and attempts = attempt and state = 'running';
                return found or exists (
                    select 1 from portal.jobs where id = job_id and attempts = attempt and state = 'done');
            end $$""",
    ),
    "fail_job(job_id uuid, attempt int, failure text, backoff_seconds int, permanent boolean)": (
        (WORKER,),
        f"""returns text language plpgsql volatile {DEFINER} as $$
            declare outcome text;
            begin
                update portal.jobs set last_error = failure, lease_until = null,
                    state = case when permanent or attempts >= max_attempts then 'dead' else 'ready' end,
                    finished_at = case when permanent or attempts >= max_attempts then now() end,
                    run_at = now() + make_interval(secs => backoff_seconds)
                where id = job_id and attempts = attempt and state = 'running' returning state into outcome;
                if outcome = 'dead' then
                    insert into portal.job_failures (tenant_id, job_id, name, payload, attempts, last_error)
                    select tenant_id, id, name, args, attempts, failure from portal.jobs where id = job_id;
                end if;
                return outcome;
            end $$""",
    ),
    # Also buries jobs whose worker died at their last attempt.
    "due_jobs(most int)": (
        (WORKER,),
        f"""returns setof uuid language plpgsql volatile {DEFINER} as $$
            begin
                with dead as (
                    update portal.jobs set state = 'dead', finished_at = now(), last_error = 'the worker died'
                    where state = 'running' and lease_until < now() and attempts >= max_attempts
                    returning id, tenant_id, name, args, attempts)
                insert into portal.job_failures (tenant_id, job_id, name, payload, attempts, last_error)
                select tenant_id, id, name, args, attempts, 'the worker died' from dead;
                return query select id from portal.jobs
                where (state = 'ready' and run_at <= now()) or (state = 'running' and lease_until < now())
                order by run_at limit most;
            end $$""",
    ),
    # True for exactly one caller in each period.
    "claim_tick(tick_name text, minutes int)": (
        (WORKER,),
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            declare slot timestamptz := to_timestamp(floor(extract(epoch from now()) / (minutes * 60)) * minutes * 60);
            begin
                insert into portal.periodic_runs as p (name, last_slot) values (tick_name, slot)
                on conflict (name) do update set last_slot = slot where p.last_slot < slot;
                return found;
            end $$""",
    ),
    # Old offers, claims of proposals nobody confirmed, old keys and finished jobs go; what waits too long expires.
    # Returns the proposals whose execution was cut off: a job per tenant settles each by looking.
    "sweep_expired()": (
        (WORKER,),
        f"""returns table (tenant_id uuid, proposal_id uuid) language plpgsql volatile {DEFINER} as $$
            begin
                update portal.proposals set state = 'expired', decided_at = now()
                where state = 'waiting' and expires_at < now();
                delete from portal.slot_claims where expires_at < now() or end_time < now() - interval '1 day';
                delete from portal.slot_offers where expires_at < now() - interval '1 hour';
                delete from portal.request_idempotency where created_at < now() - interval '48 hours';
                delete from portal.jobs where state = 'done' and finished_at < now() - interval '14 days';
                return query select p.tenant_id, p.id from portal.proposals p
                where p.state = 'executing' and p.lease_until < now() limit 500;
            end $$""",
    ),
}


# Runs with the caller's own rights: the lowest free seat, or null when all are held. The lock lets racers for one resource
# wait for each other instead of deadlocking; the constraints decide all the same.
CLAIM_SEAT = """
create function portal.claim_seat(
    resource uuid, service uuid, booking uuid, proposal uuid, seats int,
    from_time timestamptz, to_time timestamptz, expiry timestamptz
) returns int language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(resource::text, 0));
    perform portal.release_expired_claims(resource, from_time, to_time);
    for candidate in 1..seats loop
        insert into portal.slot_claims (tenant_id, resource_id, service_id, booking_id, proposal_id, seat, start_time,
                                        end_time, expires_at)
        values (portal.acting_tenant(), resource, service, booking, proposal, candidate, from_time, to_time, expiry)
        on conflict do nothing;
        if found then return candidate; end if;
    end loop;
    return null;
end $$;
"""
SCHEMA_VERSION = f"""
create function portal.schema_version() returns text language sql stable {DEFINER} as
$$ select version_num from portal.alembic_version $$;
revoke all on function portal.schema_version() from public;
grant execute on function portal.schema_version() to {CUSTOMER}, {WORKER};
"""


def upgrade() -> None:
    op.execute(SCHEMA_VERSION)
    op.execute(f"set local role {GATE}")
    for signature, (callers, body) in FUNCTIONS.items():
        name, _, rest = signature.partition("(")
        types = ", ".join(argument.split(" ", 1)[1] for argument in rest.rstrip(")").split(", ") if argument)
        op.execute(f"create function portal.{signature} {body}")
        op.execute(f"revoke all on function portal.{name}({types}) from public")
        op.execute(f"grant execute on function portal.{name}({types}) to {', '.join(callers)}")
    op.execute("set local role portal_owner")
    op.execute(CLAIM_SEAT)
