"""Tenants, their sites, members and settings."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
create table portal.tenants (
    id uuid primary key default gen_random_uuid(),
    slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    status text not null default 'active' check (status in ('onboarding', 'active', 'suspended', 'deleted')),
    vertical text not null default 'general',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table portal.tenant_profiles (
    tenant_id uuid primary key references portal.tenants (id) on delete cascade,
    business_name text not null,
    tagline text,
    timezone text not null default 'America/New_York',
    phone text,
    email text,
    website_url text,
    address_line1 text,
    address_line2 text,
    city text,
    region text,
    postal_code text,
    country text not null default 'US',
    business_hours jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table portal.tenant_branding (
    tenant_id uuid primary key references portal.tenants (id) on delete cascade,
    logo_url text,
    primary_color text not null default '#2563eb' check (primary_color ~ '^#[0-9a-fA-F]{6}$'),
    accent_color text not null default '#1e40af' check (accent_color ~ '^#[0-9a-fA-F]{6}$'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table portal.tenant_domains (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    hostname text not null unique check (hostname = lower(hostname)),
    domain_type text not null check (domain_type in ('subdomain', 'custom')),
    verified_at timestamptz,
    tls_status text check (tls_status in ('pending', 'active', 'failed')),
    cf_custom_hostname_id text,
    created_at timestamptz not null default now()
);
create index tenant_domains_tenant on portal.tenant_domains (tenant_id);

create table portal.tenant_memberships (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    user_id uuid not null,
    role text not null check (role in ('tenant_admin', 'tenant_staff')),
    status text not null default 'active' check (status in ('active', 'invited', 'disabled')),
    created_at timestamptz not null default now(),
    unique (tenant_id, user_id)
);
create index tenant_memberships_user on portal.tenant_memberships (user_id);

create table portal.platform_admins (
    user_id uuid primary key,
    created_at timestamptz not null default now()
);

-- Whatever can do one thing at a time: a person, a room, a class. Services of one resource exclude each other.
create table portal.tenant_resources (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    name text not null,
    created_at timestamptz not null default now(),
    unique (tenant_id, id),
    unique (tenant_id, name)
);

create table portal.tenant_services (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    resource_id uuid not null,
    name text not null,
    description text,
    category text,
    duration_minutes int not null check (duration_minutes between 5 and 1440),
    price_cents int check (price_cents >= 0),
    currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
    seats int not null default 1 check (seats between 1 and 500),
    active boolean not null default true,
    sort_order int not null default 0,
    cal_event_type_id int,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, resource_id) references portal.tenant_resources (tenant_id, id)
);
create index tenant_services_active on portal.tenant_services (tenant_id, active);
create index tenant_services_order on portal.tenant_services (tenant_id, sort_order);

create table portal.tenant_faqs (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    question text not null,
    answer text not null,
    active boolean not null default true,
    sort_order int not null default 0,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id)
);
create index tenant_faqs_active on portal.tenant_faqs (tenant_id, active);

create table portal.tenant_policies (
    tenant_id uuid primary key references portal.tenants (id) on delete cascade,
    cancellation_policy text,
    late_policy text,
    no_show_policy text,
    payment_policy text,
    privacy_text text,
    terms_text text,
    cancel_window_minutes int not null default 1440 check (cancel_window_minutes between 0 and 43200),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table portal.tenant_ai_settings (
    tenant_id uuid primary key references portal.tenants (id) on delete cascade,
    tone text not null default 'Warm, brief and professional.',
    greeting text,
    escalation text not null default 'Hand over to a person when you are not sure, or when the customer asks for one.',
    dont_do jsonb not null default '[]',
    model text,
    daily_token_budget bigint not null default 2000000 check (daily_token_budget >= 0),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table portal.tenant_integrations (
    tenant_id uuid primary key references portal.tenants (id) on delete cascade,
    cal_api_key_secret_id uuid,
    cal_api_version text default '2024-08-13',
    cal_default_event_type_id int,
    stripe_customer_id text,
    stripe_subscription_id text,
    stripe_status text,
    twilio_account_sid_secret_id uuid,
    twilio_auth_token_secret_id uuid,
    twilio_messaging_service_sid text,
    updated_at timestamptz not null default now()
);
"""


def upgrade() -> None:
    op.execute(TABLES)
