"""Customers, bookings, proposals, claims, conversations, jobs and the audit log."""

from alembic import op

revision = "0002"
down_revision = "0001"

BOOKINGS = """
create table portal.customers (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    email text check (email = lower(email)),
    phone text,
    name text,
    created_at timestamptz not null default now(),
    unique (tenant_id, email),
    unique (tenant_id, id)
);

create table portal.bookings (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    cal_booking_uid text,
    -- Customers who share a time share the provider's uid; this names one's seat.
    cal_seat_uid text,
    cal_previous_uids text[] not null default '{}',
    cal_event_type_id int,
    service_id uuid,
    service_name text not null,
    price_cents int,
    currency text not null default 'USD',
    customer_id uuid,
    attendee_name text not null,
    attendee_email text not null,
    attendee_phone text,
    notes text,
    consent_sms boolean not null default false,
    start_time timestamptz not null,
    end_time timestamptz not null check (end_time > start_time),
    status text not null default 'confirmed'
        check (status in ('pending', 'confirmed', 'cancelled', 'rescheduled', 'completed', 'no_show')),
    source text not null default 'ai' check (source in ('ai', 'admin', 'widget', 'other')),
    overlapping boolean not null default false,
    sequence int not null default 0,
    raw_cal_payload jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, service_id) references portal.tenant_services (tenant_id, id),
    foreign key (tenant_id, customer_id) references portal.customers (tenant_id, id)
);
create unique index bookings_uid on portal.bookings (tenant_id, cal_booking_uid, cal_seat_uid) nulls not distinct
    where cal_booking_uid is not null;
create index bookings_start on portal.bookings (tenant_id, start_time);
create index bookings_status on portal.bookings (tenant_id, status);
create index bookings_previous_uids on portal.bookings using gin (cal_previous_uids);

create table portal.booking_events (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    provider text not null check (provider in ('calcom', 'stripe', 'twilio')),
    event_type text not null,
    provider_event_id text,
    body_hash text not null,
    received_at timestamptz not null default now(),
    processed_at timestamptz,
    processing_status text not null default 'pending' check (processing_status in ('pending', 'processed', 'failed')),
    error text,
    raw_payload jsonb not null,
    unique (tenant_id, provider, body_hash)
);
create index booking_events_received on portal.booking_events (tenant_id, received_at);
create index booking_events_status on portal.booking_events (processing_status);
"""

CONVERSATIONS = """
create table portal.chat_sessions (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    created_at timestamptz not null default now(),
    last_active_at timestamptz not null default now(),
    ip_hash text,
    user_agent text,
    channel text not null default 'web',
    state jsonb not null default '{}',
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    outcome text,
    converted_booking_id uuid,
    summary text,
    unique (tenant_id, id),
    foreign key (tenant_id, converted_booking_id) references portal.bookings (tenant_id, id)
);
create index chat_sessions_created on portal.chat_sessions (tenant_id, created_at);

create table portal.chat_messages (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    session_id uuid not null,
    seq bigint generated always as identity,
    role text not null check (role in ('user', 'assistant', 'tool', 'system')),
    content jsonb not null,
    cards jsonb not null default '[]',
    model text,
    input_tokens int not null default 0,
    output_tokens int not null default 0,
    cache_read_tokens int not null default 0,
    cache_write_tokens int not null default 0,
    stop_reason text,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, session_id) references portal.chat_sessions (tenant_id, id) on delete cascade
);
create index chat_messages_session on portal.chat_messages (session_id, seq);

create table portal.tenant_usage (
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    day date not null,
    turns int not null default 0,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    cache_read_tokens bigint not null default 0,
    cache_write_tokens bigint not null default 0,
    primary key (tenant_id, day)
);

-- Times the provider really offered in a conversation: only these may be proposed.
create table portal.slot_offers (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    session_id uuid not null,
    service_id uuid not null,
    start_time timestamptz not null,
    end_time timestamptz not null,
    expires_at timestamptz not null,
    unique (session_id, service_id, start_time),
    foreign key (tenant_id, session_id) references portal.chat_sessions (tenant_id, id) on delete cascade,
    foreign key (tenant_id, service_id) references portal.tenant_services (tenant_id, id)
);
create index slot_offers_expiry on portal.slot_offers (expires_at);

-- A change somebody asked for. Only the customer's own act after it turns it into an effect. booking_id is given here,
-- before a booking row of that id exists, so that the provider can be told it and asked about it later.
create table portal.proposals (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    session_id uuid,
    booking_id uuid not null,
    kind text not null check (kind in ('create', 'cancel', 'reschedule')),
    state text not null default 'waiting'
        check (state in ('waiting', 'executing', 'done', 'failed', 'expired', 'withdrawn')),
    source text not null default 'ai' check (source in ('ai', 'admin', 'widget', 'other')),
    service_id uuid,
    start_time timestamptz,
    end_time timestamptz,
    previous_start timestamptz,
    attendee_name text,
    attendee_email text,
    attendee_phone text,
    notes text,
    reason text,
    consent_sms boolean not null default false,
    summary text not null,
    reservation_uid text,
    request_key text,
    failure text,
    lease_until timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    decided_at timestamptz,
    unique (tenant_id, id),
    unique (tenant_id, request_key),
    check (kind = 'cancel' or (start_time is not null and end_time > start_time and service_id is not null)),
    check (kind <> 'create' or (attendee_name is not null and attendee_email is not null)),
    foreign key (tenant_id, session_id) references portal.chat_sessions (tenant_id, id) on delete set null (session_id),
    foreign key (tenant_id, service_id) references portal.tenant_services (tenant_id, id)
);
create index proposals_session on portal.proposals (session_id, created_at);
create index proposals_booking on portal.proposals (booking_id);
create index proposals_open on portal.proposals (expires_at) where state in ('waiting', 'executing');
create unique index proposals_one_change on portal.proposals (tenant_id, booking_id) where state = 'executing';

-- Our own hold on a seat. The constraints decide a race: one seat of a resource at a time, and two different services of
-- one resource never at the same time. A booking never excludes itself: it may move by less than its length.
create table portal.slot_claims (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    resource_id uuid not null,
    service_id uuid not null,
    booking_id uuid not null,
    proposal_id uuid,
    seat int not null check (seat >= 1),
    start_time timestamptz not null,
    end_time timestamptz not null check (end_time > start_time),
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, resource_id) references portal.tenant_resources (tenant_id, id),
    foreign key (tenant_id, service_id) references portal.tenant_services (tenant_id, id),
    foreign key (tenant_id, proposal_id) references portal.proposals (tenant_id, id),
    constraint slot_claims_seat exclude using gist (
        tenant_id with =, resource_id with =, seat with =, booking_id with <>, tstzrange(start_time, end_time, '[)') with &&
    ),
    constraint slot_claims_service exclude using gist (
        tenant_id with =, resource_id with =, service_id with <>, booking_id with <>, tstzrange(start_time, end_time, '[)') with &&
    )
);
create index slot_claims_booking on portal.slot_claims (booking_id);
create index slot_claims_time on portal.slot_claims (tenant_id, resource_id, start_time);
create index slot_claims_expiry on portal.slot_claims (expires_at) where expires_at is not null;
"""

OPERATIONS = """
create table portal.request_idempotency (
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    scope text not null,
    key text not null,
    request_hash text not null,
    status_code int,
    response jsonb,
    locked_until timestamptz,
    created_at timestamptz not null default now(),
    primary key (tenant_id, scope, key)
);
create index request_idempotency_age on portal.request_idempotency (created_at);

create table portal.jobs (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid references portal.tenants (id) on delete cascade,
    name text not null,
    args jsonb not null default '{}',
    state text not null default 'ready' check (state in ('ready', 'running', 'done', 'dead')),
    attempts int not null default 0,
    max_attempts int not null default 10,
    run_at timestamptz not null default now(),
    lease_until timestamptz,
    dedup_key text,
    last_error text,
    created_at timestamptz not null default now(),
    finished_at timestamptz
);
create index jobs_due on portal.jobs (run_at) where state in ('ready', 'running');
create index jobs_finished on portal.jobs (finished_at) where state = 'done';
create index jobs_tenant on portal.jobs (tenant_id, created_at);
create unique index jobs_dedup on portal.jobs (tenant_id, name, dedup_key) nulls not distinct
    where state in ('ready', 'running') and dedup_key is not null;

create table portal.job_failures (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid references portal.tenants (id) on delete cascade,
    job_id uuid not null,
    name text not null,
    payload jsonb not null,
    attempts int not null,
    last_error text not null,
    failed_at timestamptz not null default now()
);
create index job_failures_time on portal.job_failures (tenant_id, failed_at);

create table portal.periodic_runs (
    name text primary key,
    last_slot timestamptz not null
);

create table portal.audit_log (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid references portal.tenants (id) on delete cascade,
    actor_user_id uuid,
    actor_type text not null check (actor_type in ('user', 'system', 'webhook', 'customer')),
    action text not null,
    target_type text,
    target_id text,
    metadata jsonb,
    created_at timestamptz not null default now()
);
create index audit_log_time on portal.audit_log (tenant_id, created_at);
create index audit_log_target on portal.audit_log (tenant_id, target_type, target_id);
"""


def upgrade() -> None:
    op.execute(BOOKINGS)
    op.execute(CONVERSATIONS)
    op.execute(OPERATIONS)
