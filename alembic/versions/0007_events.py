"""What comes in from providers and goes out as text messages: events, notifications, and a look at the queue.

Events are append-only: nobody may write the table itself, the functions below add them and note what became of them.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

CUSTOMER, MEMBER, WORKER = "portal_customer", "portal_member", "portal_worker"
GATE = "portal_gate"
DEFINER = "security definer set search_path = pg_catalog, portal"
ADMINS = "(select portal.member_role()) in ('tenant_admin', 'platform_admin')"
MEMBERS = "tenant_id = (select portal.member_tenant())"
CURRENT = "tenant_id = (select portal.current_tenant())"
OWN_BOOKING = f"{CURRENT} and booking_id = (select portal.current_booking())"
SECRETS = (
    "i.cal_api_key_secret_id, i.cal_webhook_secret_id, i.twilio_account_sid_secret_id, i.twilio_auth_token_secret_id"
)

EVENTS = f"""
-- A provider may tell of something before we know whose it is.
alter table portal.booking_events
    alter column tenant_id drop not null,
    add column result text,
    add column booking_id uuid,
    add foreign key (tenant_id, booking_id) references portal.bookings (tenant_id, id),
    drop constraint booking_events_tenant_id_provider_body_hash_key,
    add unique nulls not distinct (tenant_id, provider, body_hash);
drop index portal.booking_events_status;
create index booking_events_open on portal.booking_events (tenant_id, received_at)
    where processing_status <> 'processed';
create index booking_events_booking on portal.booking_events (booking_id) where booking_id is not null;
drop policy {WORKER}_insert on portal.booking_events;
drop policy {WORKER}_update on portal.booking_events;
revoke insert, update on portal.booking_events from {WORKER};

create index bookings_seat on portal.bookings (tenant_id, cal_seat_uid) where cal_seat_uid is not null;

alter table portal.tenant_integrations
    add column cal_webhook_secret_id uuid,
    add column cal_webhook_id text,
    add column cal_webhook_url text,
    add column cal_webhook_checked_at timestamptz,
    add column cal_reconciled_at timestamptz;

-- Somebody looked at a failure: nothing is deleted.
alter table portal.job_failures
    add column resolution text check (resolution in ('retried', 'discarded')),
    add column resolved_at timestamptz,
    add column resolved_by uuid;
create index job_failures_open on portal.job_failures (failed_at) where resolved_at is null;
"""

MESSAGES = """
create table portal.notifications (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    booking_id uuid not null,
    kind text not null check (kind in ('confirmation', 'reminder_24h', 'reminder_2h', 'cancellation', 'reschedule')),
    -- Of the booking as this message speaks of it: a moved booking has other messages.
    start_time timestamptz not null,
    to_phone text not null,
    due_at timestamptz not null,
    state text not null default 'planned' check (state in (
        'planned', 'queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'dropped', 'cancelled')),
    reason text,
    body text,
    segments int,
    provider_sid text,
    from_account text check (from_account in ('tenant', 'platform')),
    error_code int,
    price_micros bigint,
    price_currency text,
    attempted_at timestamptz,
    sent_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, booking_id, kind, start_time),
    foreign key (tenant_id, booking_id) references portal.bookings (tenant_id, id)
);
create unique index notifications_sid on portal.notifications (provider_sid) where provider_sid is not null;
create index notifications_due on portal.notifications (due_at) where state = 'planned';
create index notifications_created on portal.notifications (tenant_id, created_at);
create index notifications_state on portal.notifications (tenant_id, state, created_at);
create index notifications_phone on portal.notifications (to_phone);

create table portal.sms_suppressions (
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    phone text not null,
    reason text not null,
    source_event_id uuid,
    created_at timestamptz not null default now(),
    lifted_at timestamptz,
    primary key (tenant_id, phone)
);

create table portal.tenant_sms_settings (
    tenant_id uuid primary key references portal.tenants (id) on delete cascade,
    enabled boolean not null default true,
    send_confirmation boolean not null default true,
    send_reminders boolean not null default true,
    reminder_hours int[] not null default '{24,2}',
    quiet_hours_enabled boolean not null default true,
    quiet_start time not null default '21:00',
    quiet_end time not null default '08:00',
    templates jsonb not null default '{}',
    a2p_status text not null default 'unknown'
        check (a2p_status in ('unknown', 'not_needed', 'pending', 'approved', 'rejected')),
    a2p_checked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
"""

# table → [(role, verbs, condition)]
WALL: dict[str, list[tuple[str, str, str]]] = {
    "notifications": [
        (CUSTOMER, "select, insert, update", OWN_BOOKING),
        (MEMBER, "select, insert, update", MEMBERS),
        (WORKER, "select, insert, update", CURRENT),
        (GATE, "select, update", "true"),
    ],
    "sms_suppressions": [
        (MEMBER, "select", MEMBERS),
        (MEMBER, "update", f"{MEMBERS} and {ADMINS}"),
        (WORKER, "select, insert, update", CURRENT),
    ],
    "tenant_sms_settings": [
        (CUSTOMER, "select", CURRENT),
        (MEMBER, "select", MEMBERS),
        (MEMBER, "insert, update, delete", f"{MEMBERS} and {ADMINS}"),
        (WORKER, "select, insert, update", CURRENT),
    ],
    "booking_events": [(GATE, "select, insert, update", "true")],
    "chat_sessions": [(GATE, "select", "true")],
}

# signature → (who may call it, the rest of its definition)
FUNCTIONS: dict[str, tuple[str, str]] = {
    # A batch of received webhooks [{id, job_id, tenant_id, provider, event_type, provider_event_id, body_hash,
    # payload}] and the jobs that process them, in one statement. Returns what is new. In the order of their hashes, so
    # that two processes that were given the same events wait for each other instead of deadlocking.
    "receive_events(events jsonb)": (
        WORKER,
        f"""returns table (event_id uuid, job_id uuid) language sql volatile {DEFINER} as $$
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
            returning (j.args ->> 'event_id')::uuid, j.id $$""",
    ),
    # Of the current tenant, or (where there is none) of nobody yet.
    "read_event(event uuid)": (
        WORKER,
        f"""returns table (provider text, event_type text, provider_event_id text, payload jsonb,
                           processing_status text, received_at timestamptz)
            language sql stable {DEFINER} as $$
            select b.provider, b.event_type, b.provider_event_id, b.raw_payload, b.processing_status, b.received_at
            from portal.booking_events b
            where b.id = event and b.tenant_id is not distinct from portal.current_tenant() $$""",
    ),
    "finish_event(event uuid, outcome text, failure text, booking uuid)": (
        WORKER,
        f"""returns void language sql volatile {DEFINER} as $$
            update portal.booking_events set processed_at = now(), result = outcome, error = failure,
                booking_id = coalesce(booking, booking_id),
                processing_status = case when failure is null then 'processed' else 'failed' end
            where id = event and tenant_id is not distinct from portal.current_tenant()
              and (failure is null or processing_status <> 'processed') $$""",
    ),
    # What came before the calendar was last asked about these bookings is told by that answer already.
    "finish_events_before(moment timestamptz, uids text[], outcome text, booking uuid)": (
        WORKER,
        f"""returns void language sql volatile {DEFINER} as $$
            update portal.booking_events set processed_at = now(), result = outcome, error = null,
                booking_id = coalesce(booking, booking_id), processing_status = 'processed'
            where tenant_id = portal.current_tenant() and provider = 'calcom' and processing_status <> 'processed'
              and received_at < moment and provider_event_id = any (uids) $$""",
    ),
    # Bookings that have, or had, one of these names, each with a mark that every change of the row changes. Behind the
    # wall only leakproof operators reach an index.
    "bookings_named(uids text[], seat_uids text[], ids uuid[])": (
        WORKER,
        f"""returns table (id uuid, version text) language sql stable {DEFINER} as $$
            select b.id, b.xmin::text from portal.bookings b
            where b.id in (
                select x.id from portal.bookings x
                where x.tenant_id = portal.current_tenant() and x.cal_booking_uid = any (uids)
                union all
                select x.id from portal.bookings x
                where x.tenant_id = portal.current_tenant() and x.cal_previous_uids && uids
                union all
                select x.id from portal.bookings x
                where x.tenant_id = portal.current_tenant() and x.cal_seat_uid = any (seat_uids)
                union all
                select x.id from portal.bookings x where x.tenant_id = portal.current_tenant() and x.id = any (ids)) $$""",
    ),
    # The event is to be processed once more; whoever calls it enqueues the job.
    "reopen_event(event uuid)": (
        MEMBER,
        f"""returns text language plpgsql volatile {DEFINER} as $$
            declare tenant uuid := portal.member_tenant(); which text;
            begin
                if tenant is null or portal.member_role() not in ('tenant_admin', 'platform_admin') then
                    raise insufficient_privilege;
                end if;
                update portal.booking_events set processing_status = 'pending', error = null
                where id = event and tenant_id = tenant returning provider into which;
                return which;
            end $$""",
    ),
    "tenant_of_stripe_customer(customer text)": (
        WORKER,
        f"""returns uuid language sql stable {DEFINER} as $$
            select tenant_id from portal.tenant_integrations where stripe_customer_id = customer limit 1 $$""",
    ),
    # Connected calendars, and where their webhooks go.
    "connected_calendars()": (
        WORKER,
        f"""returns table (tenant_id uuid, slug text, webhook_url text, webhook_checked_at timestamptz)
            language sql stable {DEFINER} as $$
            select i.tenant_id, t.slug, i.cal_webhook_url, i.cal_webhook_checked_at
            from portal.tenant_integrations i join portal.tenants t on t.id = i.tenant_id
            where i.cal_api_key_secret_id is not null and t.status <> 'deleted' order by i.tenant_id $$""",
    ),
    # Planned messages whose time has come, each with the job that sends it.
    "release_due_notifications(moment timestamptz, most int)": (
        WORKER,
        f"""returns setof uuid language sql volatile {DEFINER} as $$
            with due as materialized (
                select id from portal.notifications where state = 'planned' and due_at <= moment
                order by due_at limit most for update skip locked),
            released as (
                update portal.notifications n set state = 'queued', updated_at = clock_timestamp()
                from due where n.id = due.id returning n.id, n.tenant_id)
            insert into portal.jobs (tenant_id, name, args, dedup_key)
            select tenant_id, 'send_sms', jsonb_build_object('notification_id', id), id::text from released
            on conflict do nothing returning id $$""",
    ),
    # Whose message a provider speaks of: by its own id, or by ours.
    "tenant_of_message(sid text, notification uuid)": (
        WORKER,
        f"""returns uuid language sql stable {DEFINER} as $$
            select n.tenant_id from portal.notifications n where n.provider_sid = sid or n.id = notification limit 1 $$""",
    ),
    # Who texted this number through the platform's own account: an opt-out there concerns all of them.
    "platform_texters(number text)": (
        WORKER,
        f"""returns setof uuid language sql stable {DEFINER} as $$
            select distinct n.tenant_id from portal.notifications n
            where n.to_phone = number and n.from_account = 'platform' $$""",
    ),
}

# What metrics and the dashboard tell of the queue. A member sees their own tenant, the platform (without one) all.
VISIBLE = """
    declare
        everything boolean := current_setting('role') = 'portal_worker'
            or (portal.current_tenant() is null and portal.is_platform_admin(portal.current_user_id()));
        tenant uuid := case when portal.member_role() in ('tenant_admin', 'platform_admin')
                            then portal.member_tenant() end;
"""
OVERVIEWS: dict[str, tuple[str, str]] = {
    # lag: how long the oldest one that could run waits, in seconds.
    "job_overview()": (
        f"{MEMBER}, {WORKER}",
        f"""returns table (name text, waiting bigint, delayed bigint, running bigint, dead bigint, lag float8)
            language plpgsql stable {DEFINER} as $$ {VISIBLE}
            begin
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
            end $$""",
    ),
    "list_failures(open_only boolean, before timestamptz, most int)": (
        MEMBER,
        f"""returns table (id uuid, tenant_id uuid, slug text, job_id uuid, name text, payload jsonb, attempts int,
                           last_error text, failed_at timestamptz, resolution text, resolved_at timestamptz)
            language plpgsql stable {DEFINER} as $$ {VISIBLE}
            begin
                return query
                select f.id, f.tenant_id, t.slug, f.job_id, f.name, f.payload, f.attempts, f.last_error, f.failed_at,
                       f.resolution, f.resolved_at
                from portal.job_failures f left join portal.tenants t on t.id = f.tenant_id
                where (everything or f.tenant_id = tenant) and (not open_only or f.resolved_at is null)
                  and (before is null or f.failed_at < before)
                order by f.failed_at desc limit most;
            end $$""",
    ),
    # The job starts anew with all its attempts; null when there is nothing to retry, or another does the same work.
    "retry_failure(failure uuid)": (
        MEMBER,
        f"""returns uuid language plpgsql volatile {DEFINER} as $$ {VISIBLE}
                job uuid;
            begin
                update portal.job_failures f
                set resolution = 'retried', resolved_at = now(), resolved_by = portal.current_user_id()
                where f.id = failure and f.resolved_at is null and (everything or f.tenant_id = tenant)
                returning f.job_id into job;
                begin
                    update portal.jobs j set state = 'ready', attempts = 0, run_at = now(), finished_at = null
                    where j.id = job and j.state = 'dead' returning j.id into job;
                    return case when found then job end;
                exception when unique_violation then
                    return null;
                end;
            end $$""",
    ),
    "discard_failure(failure uuid)": (
        MEMBER,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$ {VISIBLE}
            begin
                update portal.job_failures f
                set resolution = 'discarded', resolved_at = now(), resolved_by = portal.current_user_id()
                where f.id = failure and f.resolved_at is null and (everything or f.tenant_id = tenant);
                return found;
            end $$""",
    ),
    "failures_since(moment timestamptz)": (
        WORKER,
        f"""returns table (name text, failures bigint) language sql stable {DEFINER} as $$
            select f.name, count(*) from portal.job_failures f where f.failed_at > moment group by f.name $$""",
    ),
    # lag: the age in seconds of the oldest event that was not processed.
    "event_overview()": (
        WORKER,
        f"""returns table (provider text, processing_status text, events bigint, lag float8)
            language sql stable {DEFINER} as $$
            select b.provider, b.processing_status, count(*), extract(epoch from now() - min(b.received_at))::float8
            from portal.booking_events b where b.processing_status <> 'processed'
            group by b.provider, b.processing_status $$""",
    ),
    # What happened within a day, as (subject, kind, how many).
    "activity_overview()": (
        WORKER,
        f"""returns table (subject text, kind text, amount bigint) language sql stable {DEFINER} as $$
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
            where e.received_at > now() - interval '1 day' group by e.provider $$""",
    ),
}

# As in 0004 and 0006, with the webhook's secret among those a tenant has.
SECRET_FUNCTIONS = f"""
create or replace function portal.read_secret(secret_id uuid) returns text language sql stable {DEFINER} as $$
    select s.decrypted_secret from vault.decrypted_secrets s
    where s.id = secret_id and exists (
        select 1 from portal.tenant_integrations i
        where i.tenant_id = portal.current_tenant() and secret_id in ({SECRETS})) $$;

create or replace function portal.replace_secret(secret_id uuid, sealed text)
returns boolean language plpgsql volatile {DEFINER} as $$
begin
    if not exists (select 1 from portal.tenant_integrations i
                   where i.tenant_id = portal.current_tenant() and secret_id in ({SECRETS})) then
        return false;
    end if;
    perform vault.update_secret(secret_id, sealed);
    return true;
end $$;

create or replace function portal.tenants_with_secrets() returns setof uuid language sql stable {DEFINER} as $$
    select i.tenant_id from portal.tenant_integrations i where coalesce({SECRETS}) is not null order by 1 $$;

create or replace function portal.discard_secret(secret_id uuid) returns void language plpgsql volatile {DEFINER} as $$
declare tenant uuid := portal.acting_tenant();
begin
    if tenant is null or (current_setting('role') <> '{WORKER}'
                          and portal.member_role() not in ('tenant_admin', 'platform_admin')) then
        raise insufficient_privilege;
    end if;
    if exists (select 1 from vault.decrypted_secrets s
               where s.id = secret_id and s.name like tenant::text || ':%') then
        perform vault.update_secret(secret_id, 'discarded');
    end if;
end $$;
grant execute on function portal.discard_secret(uuid) to {WORKER};
"""


def upgrade() -> None:
    op.execute(EVENTS)
    op.execute(MESSAGES)
    for table in ("notifications", "sms_suppressions", "tenant_sms_settings"):
        op.execute(f"alter table portal.{table} enable row level security")
        op.execute(f"alter table portal.{table} force row level security")
    for table, rows in WALL.items():
        for role, verbs, condition in rows:
            allow(table, role, verbs, condition)
    op.execute(f"grant update on portal.job_failures to {GATE}")
    op.execute(
        f"create policy {GATE}_update on portal.job_failures for update to {GATE} using (true) with check (true)"
    )
    op.execute(f"set local role {GATE}")
    op.execute(SECRET_FUNCTIONS)
    for signature, (callers, body) in (FUNCTIONS | OVERVIEWS).items():
        define(signature, callers, body)
    op.execute("set local role portal_owner")


def allow(table: str, role: str, verbs: str, condition: str) -> None:
    op.execute(f"grant {verbs} on portal.{table} to {role}")
    for verb in verbs.split(", "):
        using = "" if verb == "insert" else f" using ({condition})"
        check = f" with check ({condition})" if verb in ("insert", "update") else ""
        op.execute(f"create policy {role}_{verb} on portal.{table} for {verb} to {role}{using}{check}")


def define(signature: str, callers: str, body: str) -> None:
    name, _, rest = signature.partition("(")
    types = ", ".join(argument.split(" ", 1)[1] for argument in rest.rstrip(")").split(", ") if argument)
    op.execute(f"create function portal.{signature} {body}")
    op.execute(f"revoke all on function portal.{name}({types}) from public")
    op.execute(f"grant execute on function portal.{name}({types}) to {callers}")
