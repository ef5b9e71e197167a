"""Users, sessions, links; and what a tenant's admin may that its staff may not.

No role of a tenant reads users, password hashes or sessions. Signing in happens as ``portal_identity``, which has no
table at all, only the functions below; members learn names and e-mail addresses through theirs.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

MEMBER, WORKER, GATE, IDENTITY = "portal_member", "portal_worker", "portal_gate", "portal_identity"
DEFINER = "security definer set search_path = pg_catalog, portal"
ADMINS = "(select portal.member_role()) in ('tenant_admin', 'platform_admin')"
PLATFORM = "(select portal.member_role()) = 'platform_admin'"
OWN = "tenant_id = (select portal.member_tenant())"

TABLES = """
create table portal.users (
    id uuid primary key default gen_random_uuid(),
    email text not null unique check (email = lower(email)),
    display_name text,
    -- Empty where another identity provider keeps the password, and until an invitation is accepted.
    password_hash text,
    totp_secret text,
    totp_enabled_at timestamptz,
    -- The newest time step whose code was used: a code counts once.
    totp_last_step bigint not null default 0,
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table portal.user_recovery_codes (
    user_id uuid not null references portal.users (id) on delete cascade,
    code_hash text not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
);

create table portal.user_sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references portal.users (id) on delete cascade,
    kind text not null check (kind in ('cookie', 'token')),
    token_hash text not null unique,
    -- What the hash was before the last refresh: whoever comes with it stole it, or was stolen from.
    previous_hash text unique,
    rotated_at timestamptz,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    user_agent text,
    ip_hash text
);
create index user_sessions_user on portal.user_sessions (user_id);
create index user_sessions_expiry on portal.user_sessions (expires_at);

-- A link somebody is given: to join, or to choose a new password. Only the hash of its token is here.
create table portal.user_links (
    id uuid primary key default gen_random_uuid(),
    token_hash text not null unique,
    purpose text not null check (purpose in ('invite', 'password_reset')),
    email text not null check (email = lower(email)),
    user_id uuid references portal.users (id) on delete cascade,
    tenant_id uuid references portal.tenants (id) on delete cascade,
    role text check (role in ('platform_admin', 'tenant_admin', 'tenant_staff')),
    created_by uuid,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    -- Whoever uses it first has it for a while; when they fail it is free again.
    claimed_until timestamptz,
    used_at timestamptz,
    revoked_at timestamptz,
    check (purpose <> 'invite' or (role is not null and (role = 'platform_admin') = (tenant_id is null))),
    check (purpose <> 'password_reset' or user_id is not null)
);
create index user_links_tenant on portal.user_links (tenant_id);
create index user_links_user on portal.user_links (user_id);
create index user_links_expiry on portal.user_links (expires_at);
"""
GATE_GRANTS = {
    "users": "select, insert, update",
    "user_recovery_codes": "select, insert, update, delete",
    "user_sessions": "select, insert, update, delete",
    "user_links": "select, insert, update, delete",
    "tenant_memberships": "insert, update",
    "platform_admins": "insert",
    "tenant_profiles": "select",
    "audit_log": "insert",
}

# --- What an admin may that staff may not ----------------------------------------------------------------------------

MEMBER_ROLE = f"""
create function portal.member_role() returns text language plpgsql stable {DEFINER} as $$
declare
    wanted uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    asking uuid := portal.current_user_id();
begin
    if asking is null or exists (select 1 from portal.users where id = asking and disabled_at is not null) then
        return null;
    end if;
    if exists (select 1 from portal.platform_admins where user_id = asking) then
        return 'platform_admin';
    end if;
    return (select role from portal.tenant_memberships
            where tenant_id = wanted and user_id = asking and status = 'active');
end $$;

create or replace function portal.member_tenant() returns uuid language plpgsql stable {DEFINER} as $$
declare
    wanted uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    asking uuid := portal.current_user_id();
begin
    if (exists (select 1 from portal.tenant_memberships
                where tenant_id = wanted and user_id = asking and status = 'active')
        or exists (select 1 from portal.platform_admins where user_id = asking))
       and not exists (select 1 from portal.users where id = asking and disabled_at is not null) then
        return wanted;
    end if;
    return null;
end $$;
"""
ADMINS_WRITE = (
    "tenant_profiles", "tenant_branding", "tenant_domains", "tenant_services", "tenant_faqs", "tenant_policies",
    "tenant_ai_settings", "tenant_resources", "tenant_integrations",
)  # fmt: skip
ADMINS_READ = ("tenant_integrations", "tenant_memberships", "tenant_usage", "jobs", "job_failures")
# The history of a booking is for whoever may see the booking.
AUDIT_READ = f"{OWN} and ({ADMINS} or target_type = 'booking')"
AUDIT_WRITE = f"({OWN} or (tenant_id is null and portal.current_tenant() is null and {PLATFORM}))"
# A tenant's admin chooses its address and opens it; what happens to an open tenant is the platform's decision.
TENANT_OLD = f"id = (select portal.member_tenant()) and ({PLATFORM} or (status = 'onboarding' and {ADMINS}))"
TENANT_NEW = (
    f"id = (select portal.member_tenant()) and ({PLATFORM} or (status in ('onboarding', 'active') and {ADMINS}))"
)


def member_policies() -> list[str]:
    statements = [replaced("audit_log", "select", f"using ({AUDIT_READ})")]
    statements.append(replaced("audit_log", "insert", f"with check ({AUDIT_WRITE})"))
    for table in ADMINS_READ:
        statements.append(replaced(table, "select", f"using ({OWN} and {ADMINS})"))
    for table in ADMINS_WRITE:
        condition = f"({OWN} and {ADMINS})"
        statements.append(replaced(table, "insert", f"with check {condition}"))
        statements.append(replaced(table, "update", f"using {condition} with check {condition}"))
        statements.append(replaced(table, "delete", f"using {condition}"))
    statements.append(f"grant insert, update on portal.tenants to {MEMBER}")
    statements.append(created("tenants", "insert", f"with check (id = (select portal.member_tenant()) and {PLATFORM})"))
    statements.append(created("tenants", "update", f"using ({TENANT_OLD}) with check ({TENANT_NEW})"))
    return statements


def created(table: str, verb: str, condition: str) -> str:
    return f"create policy {MEMBER}_{verb} on portal.{table} for {verb} to {MEMBER} {condition}"


def replaced(table: str, verb: str, condition: str) -> str:
    return f"drop policy {MEMBER}_{verb} on portal.{table}; {created(table, verb, condition)}"


KNOWN_ELSEWHERE = f"""
create function portal.is_known_elsewhere(uid uuid, tenant uuid) returns boolean language sql stable {DEFINER} as $$
    select portal.is_platform_admin(uid)
        or exists (select 1 from portal.tenant_memberships where user_id = uid and tenant_id <> tenant) $$;
revoke all on function portal.is_known_elsewhere(uuid, uuid) from public;
"""


# As in 0004, but staff stores no secrets, and whoever signs somebody in may ask for a mail about it.
REPLACED = f"""
create or replace function portal.store_secret(secret_name text, sealed text)
returns uuid language plpgsql volatile {DEFINER} as $$
declare tenant uuid := portal.acting_tenant();
begin
    if tenant is null or (current_setting('role') = '{MEMBER}'
                          and portal.member_role() not in ('tenant_admin', 'platform_admin')) then
        raise insufficient_privilege;
    end if;
    return vault.create_secret(sealed, tenant::text || ':' || secret_name || ':' || gen_random_uuid()::text,
                               'sealed by the portal');
end $$;

create or replace function portal.enqueue_job(
    job_id uuid, job_name text, job_args jsonb, delay_seconds float8, dedup text
) returns uuid language plpgsql volatile {DEFINER} as $$
declare stored uuid; tenant uuid := portal.acting_tenant();
begin
    if tenant is null and current_setting('role') not in ('{WORKER}', '{IDENTITY}')
       and not (current_setting('role') = '{MEMBER}' and portal.is_platform_admin(portal.current_user_id())) then
        raise insufficient_privilege;
    end if;
    insert into portal.jobs (id, tenant_id, name, args, run_at, dedup_key)
    values (job_id, tenant, job_name, job_args, now() + make_interval(secs => delay_seconds), dedup)
    on conflict do nothing returning id into stored;
    return stored;
end $$;
grant execute on function portal.enqueue_job(uuid, text, jsonb, float8, text) to {IDENTITY};
"""

# --- The only ways to users, sessions and links ----------------------------------------------------------------------

SIGNING_IN = {
    "find_login(login text)": (
        IDENTITY,
        f"""returns table (user_id uuid, email text, password_hash text, disabled boolean, has_totp boolean)
            language sql stable {DEFINER} as $$
            select id, u.email, u.password_hash, disabled_at is not null, totp_enabled_at is not null
            from portal.users u where u.email = lower(login) $$""",
    ),
    # False when the address belongs to somebody else already.
    "record_user(uid uuid, address text)": (
        IDENTITY,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                insert into portal.users as u (id, email) values (uid, lower(address))
                on conflict (id) do update set email = excluded.email, updated_at = now()
                where u.email <> excluded.email;
                return true;
            exception when unique_violation then
                return false;
            end $$""",
    ),
    "open_session(sid uuid, uid uuid, kind text, hash text, lifetime_seconds int, agent text, address_hash text)": (
        IDENTITY,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                insert into portal.user_sessions (id, user_id, kind, token_hash, expires_at, user_agent, ip_hash)
                select sid, u.id, open_session.kind, hash, now() + make_interval(secs => lifetime_seconds), agent,
                       address_hash
                from portal.users u where u.id = uid and u.disabled_at is null;
                return found;
            end $$""",
    ),
    # Notes that the session was used, once a minute.
    "session_user_of(hash text, idle_seconds int)": (
        IDENTITY,
        f"""returns table (session_id uuid, user_id uuid, email text, is_platform_admin boolean)
            language plpgsql volatile {DEFINER} as $$
            begin
                update portal.user_sessions s set last_seen_at = now()
                where s.token_hash = hash and s.kind = 'cookie' and s.revoked_at is null and s.expires_at > now()
                  and s.last_seen_at > now() - make_interval(secs => idle_seconds)
                  and s.last_seen_at < now() - interval '1 minute';
                return query
                select s.id, u.id, u.email, portal.is_platform_admin(u.id)
                from portal.user_sessions s join portal.users u on u.id = s.user_id
                where s.token_hash = hash and s.kind = 'cookie' and s.revoked_at is null and s.expires_at > now()
                  and s.last_seen_at > now() - make_interval(secs => idle_seconds) and u.disabled_at is null;
            end $$""",
    ),
    # Whether an access token still counts. One of a session that we did not open counts where its provider may sign in
    # without us (known_only false) and no second factor of ours was passed over.
    "token_user(uid uuid, sid uuid, known_only boolean)": (
        IDENTITY,
        f"""returns table (email text, is_platform_admin boolean) language sql stable {DEFINER} as $$
            select u.email, portal.is_platform_admin(u.id)
            from portal.users u left join portal.user_sessions s on s.id = sid and s.user_id = u.id
            where u.id = uid and u.disabled_at is null
              and case when s.id is null then not known_only and u.totp_enabled_at is null
                                              and not exists (select 1 from portal.user_sessions o where o.id = sid)
                       else s.kind = 'token' and s.revoked_at is null and s.expires_at > now() end $$""",
    ),
    # An old token coming back means that two hold it: the session ends. A repeat within seconds is a lost answer.
    "rotate_session(old_hash text, new_hash text)": (
        IDENTITY,
        f"""returns table (session_id uuid, user_id uuid, email text) language plpgsql volatile {DEFINER} as $$
            begin
                update portal.user_sessions s set revoked_at = now()
                where s.previous_hash = old_hash and s.revoked_at is null
                  and s.rotated_at < now() - interval '10 seconds';
                return query
                update portal.user_sessions s
                set token_hash = new_hash, previous_hash = old_hash, rotated_at = now(), last_seen_at = now()
                from portal.users u
                where u.id = s.user_id and u.disabled_at is null and s.token_hash = old_hash and s.kind = 'token'
                  and s.revoked_at is null and s.expires_at > now()
                returning s.id, u.id, u.email;
            end $$""",
    ),
    "account_of(uid uuid)": (
        IDENTITY,
        f"""returns table (email text, display_name text, is_platform_admin boolean, has_totp boolean)
            language sql stable {DEFINER} as $$
            select u.email, u.display_name, portal.is_platform_admin(u.id), u.totp_enabled_at is not null
            from portal.users u where u.id = uid and u.disabled_at is null $$""",
    ),
    "revoke_session(uid uuid, sid uuid)": (
        IDENTITY,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                update portal.user_sessions set revoked_at = now()
                where id = sid and user_id = uid and revoked_at is null;
                return found;
            end $$""",
    ),
    "revoke_sessions(uid uuid, kept uuid)": (
        IDENTITY,
        f"""returns int language plpgsql volatile {DEFINER} as $$
            declare ended int;
            begin
                update portal.user_sessions set revoked_at = now()
                where user_id = uid and id is distinct from kept and revoked_at is null;
                get diagnostics ended = row_count;
                return ended;
            end $$""",
    ),
    "set_password_hash(uid uuid, hash text)": (
        IDENTITY,
        f"""returns void language sql volatile {DEFINER} as $$
            update portal.users set password_hash = hash, updated_at = now() where id = uid $$""",
    ),
    "audit_account(uid uuid, act text)": (
        IDENTITY,
        f"""returns void language sql volatile {DEFINER} as $$
            insert into portal.audit_log (actor_user_id, actor_type, action, target_type, target_id)
            values (uid, 'user', act, 'user', uid::text) $$""",
    ),
}
SECOND_FACTOR = {
    "totp_of(uid uuid)": (
        IDENTITY,
        f"""returns table (secret text, enabled boolean) language sql stable {DEFINER} as $$
            select totp_secret, totp_enabled_at is not null from portal.users where id = uid $$""",
    ),
    # Only while none is on: a stolen session must not replace the second factor.
    "begin_totp(uid uuid, sealed text)": (
        IDENTITY,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                update portal.users set totp_secret = sealed, totp_last_step = 0
                where id = uid and totp_enabled_at is null;
                return found;
            end $$""",
    ),
    "enable_totp(uid uuid, step bigint, code_hashes text[])": (
        IDENTITY,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                update portal.users set totp_enabled_at = now(), totp_last_step = step
                where id = uid and totp_enabled_at is null and totp_secret is not null;
                if not found then return false; end if;
                delete from portal.user_recovery_codes where user_id = uid;
                insert into portal.user_recovery_codes (user_id, code_hash) select uid, unnest(code_hashes);
                return true;
            end $$""",
    ),
    "disable_totp(uid uuid)": (
        IDENTITY,
        f"""returns void language sql volatile {DEFINER} as $$
            delete from portal.user_recovery_codes where user_id = uid;
            update portal.users set totp_secret = null, totp_enabled_at = null, totp_last_step = 0 where id = uid $$""",
    ),
    "accept_totp_step(uid uuid, step bigint)": (
        IDENTITY,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                update portal.users set totp_last_step = step
                where id = uid and totp_enabled_at is not null and totp_last_step < step;
                return found;
            end $$""",
    ),
    "use_recovery_code(uid uuid, hash text)": (
        IDENTITY,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                update portal.user_recovery_codes set used_at = now()
                where user_id = uid and code_hash = hash and used_at is null;
                return found;
            end $$""",
    ),
}
LINKS = {
    "find_link(hash text)": (
        IDENTITY,
        f"""returns table (purpose text, email text, user_id uuid, business_name text, role text)
            language sql stable {DEFINER} as $$
            select l.purpose, l.email, u.id, p.business_name, l.role
            from portal.user_links l
            left join portal.users u on u.id = l.user_id or (l.user_id is null and u.email = l.email)
            left join portal.tenant_profiles p on p.tenant_id = l.tenant_id
            where l.token_hash = hash and l.used_at is null and l.revoked_at is null and l.expires_at > now() $$""",
    ),
    # One claimer at a time: the row's lock decides among racers. A tenant admin's link for a new password is worth nothing
    # once its user is somebody elsewhere too.
    "claim_link(hash text, lease_seconds int)": (
        IDENTITY,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                update portal.user_links l set claimed_until = now() + make_interval(secs => lease_seconds)
                where token_hash = hash and used_at is null and revoked_at is null and expires_at > now()
                  and (claimed_until is null or claimed_until < now())
                  and not (purpose = 'password_reset' and tenant_id is not null
                           and not portal.is_platform_admin(created_by)
                           and portal.is_known_elsewhere(l.user_id, l.tenant_id));
                return found;
            end $$""",
    ),
    "release_link(hash text)": (
        IDENTITY,
        f"""returns void language sql volatile {DEFINER} as $$
            update portal.user_links set claimed_until = null where token_hash = hash and used_at is null $$""",
    ),
    # The link's effect, once: who used it joins, or has the new password; null when it was used meanwhile.
    "complete_link(hash text, uid uuid, new_hash text, name text)": (
        IDENTITY,
        f"""returns text language plpgsql volatile {DEFINER} as $$
            declare link portal.user_links;
            begin
                update portal.user_links set used_at = now()
                where token_hash = hash and used_at is null and revoked_at is null returning * into link;
                if link.id is null then return null; end if;
                insert into portal.users (id, email) values (uid, link.email) on conflict (id) do nothing;
                if not exists (select 1 from portal.users where id = uid and email = link.email)
                   or uid is distinct from coalesce(link.user_id, uid) then
                    raise unique_violation;
                end if;
                update portal.users set password_hash = coalesce(new_hash, password_hash),
                    display_name = coalesce(nullif(name, ''), display_name), updated_at = now() where id = uid;
                if link.purpose = 'password_reset' then
                    update portal.user_sessions set revoked_at = now() where user_id = uid and revoked_at is null;
                elsif link.tenant_id is null then
                    insert into portal.platform_admins (user_id) values (uid) on conflict do nothing;
                else
                    insert into portal.tenant_memberships as m (tenant_id, user_id, role)
                    values (link.tenant_id, uid, link.role)
                    on conflict (tenant_id, user_id) do update set role = excluded.role, status = 'active'
                    where m.status <> 'active';
                end if;
                insert into portal.audit_log (tenant_id, actor_user_id, actor_type, action, target_type, target_id,
                                              metadata)
                values (link.tenant_id, uid, 'user',
                        case link.purpose when 'invite' then 'member.joined' else 'account.password_reset' end,
                        'user', uid::text, jsonb_build_object('link', link.id, 'role', link.role));
                return link.purpose;
            end $$""",
    ),
    # Stores a link only where somebody has that address; the caller cannot tell.
    "request_reset(address text, link_id uuid, hash text, lifetime_seconds int)": (
        IDENTITY,
        f"""returns void language sql volatile {DEFINER} as $$
            insert into portal.user_links (id, token_hash, purpose, email, user_id, expires_at)
            select link_id, hash, 'password_reset', u.email, u.id, now() + make_interval(secs => lifetime_seconds)
            from portal.users u where u.email = lower(address) and u.disabled_at is null $$""",
    ),
    "link_to_mail(link_id uuid)": (
        IDENTITY,
        f"""returns table (purpose text, email text, business_name text, expires_at timestamptz)
            language sql stable {DEFINER} as $$
            select l.purpose, l.email, p.business_name, l.expires_at
            from portal.user_links l left join portal.tenant_profiles p on p.tenant_id = l.tenant_id
            where l.id = link_id and l.used_at is null and l.revoked_at is null and l.expires_at > now() $$""",
    ),
    "sweep_identity()": (
        WORKER,
        f"""returns void language sql volatile {DEFINER} as $$
            delete from portal.user_sessions where expires_at < now() - interval '30 days';
            delete from portal.user_links where expires_at < now() - interval '30 days' $$""",
    ),
}

# --- Members of a tenant, for its admins -----------------------------------------------------------------------------

ADMIN_ONLY = """if portal.member_role() is null or portal.member_role() not in ('tenant_admin', 'platform_admin')
                    or portal.member_tenant() is null then raise insufficient_privilege; end if;"""
MEMBERS = {
    "list_members()": (
        MEMBER,
        f"""returns table (user_id uuid, email text, display_name text, role text, status text, has_totp boolean,
                           joined_at timestamptz, last_seen_at timestamptz)
            language plpgsql stable {DEFINER} as $$
            begin
                {ADMIN_ONLY}
                return query
                select m.user_id, u.email, u.display_name, m.role,
                       case when u.disabled_at is null then m.status else 'disabled' end,
                       u.totp_enabled_at is not null, m.created_at,
                       (select max(s.last_seen_at) from portal.user_sessions s where s.user_id = u.id)
                from portal.tenant_memberships m join portal.users u on u.id = m.user_id
                where m.tenant_id = portal.member_tenant() order by u.email;
            end $$""",
    ),
    "list_invites()": (
        MEMBER,
        f"""returns table (id uuid, email text, role text, created_at timestamptz, expires_at timestamptz)
            language plpgsql stable {DEFINER} as $$
            begin
                {ADMIN_ONLY}
                return query
                select l.id, l.email, l.role, l.created_at, l.expires_at from portal.user_links l
                where l.tenant_id = portal.member_tenant() and l.purpose = 'invite' and l.used_at is null
                  and l.revoked_at is null and l.expires_at > now() order by l.created_at desc;
            end $$""",
    ),
    # A newer invitation of the same address replaces the older one.
    "create_invite(link_id uuid, hash text, address text, new_role text, lifetime_seconds int)": (
        MEMBER,
        f"""returns text language plpgsql volatile {DEFINER} as $$
            declare tenant uuid := portal.member_tenant();
            begin
                if new_role = 'platform_admin' then
                    if portal.member_role() is distinct from 'platform_admin' or tenant is not null then
                        raise insufficient_privilege;
                    end if;
                else
                    {ADMIN_ONLY}
                end if;
                if exists (select 1 from portal.users u where u.email = lower(address) and (
                        exists (select 1 from portal.tenant_memberships m
                                where m.tenant_id = tenant and m.user_id = u.id and m.status = 'active')
                        or (tenant is null and portal.is_platform_admin(u.id)))) then
                    return 'member';
                end if;
                update portal.user_links set revoked_at = now()
                where purpose = 'invite' and email = lower(address) and tenant_id is not distinct from tenant
                  and used_at is null and revoked_at is null;
                insert into portal.user_links (id, token_hash, purpose, email, tenant_id, role, created_by, expires_at)
                values (link_id, hash, 'invite', lower(address), tenant, new_role, portal.current_user_id(),
                        now() + make_interval(secs => lifetime_seconds));
                return 'created';
            end $$""",
    ),
    "revoke_invite(link_id uuid)": (
        MEMBER,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                {ADMIN_ONLY}
                update portal.user_links set revoked_at = now()
                where id = link_id and tenant_id = portal.member_tenant() and purpose = 'invite' and used_at is null
                  and revoked_at is null;
                return found;
            end $$""",
    ),
    # Whoever gets the link can become that user: so a tenant's admin gets one only for people who are nothing elsewhere.
    "create_reset(link_id uuid, hash text, uid uuid, lifetime_seconds int)": (
        MEMBER,
        f"""returns text language plpgsql volatile {DEFINER} as $$
            declare tenant uuid := portal.member_tenant(); address text;
            begin
                {ADMIN_ONLY}
                select u.email into address from portal.users u join portal.tenant_memberships m on m.user_id = u.id
                where u.id = uid and m.tenant_id = tenant;
                if address is null then return 'missing'; end if;
                if portal.member_role() <> 'platform_admin' and portal.is_known_elsewhere(uid, tenant) then
                    return 'elsewhere';
                end if;
                insert into portal.user_links (id, token_hash, purpose, email, user_id, tenant_id, created_by, expires_at)
                values (link_id, hash, 'password_reset', address, uid, tenant, portal.current_user_id(),
                        now() + make_interval(secs => lifetime_seconds));
                return 'created';
            end $$""",
    ),
    # Changes take turns, so that two cannot each remove the other last admin.
    "change_member(uid uuid, new_role text, new_status text)": (
        MEMBER,
        f"""returns table (outcome text, old_role text, old_status text) language plpgsql volatile {DEFINER} as $$
            declare tenant uuid := portal.member_tenant(); found_role text; found_status text;
            begin
                perform pg_advisory_xact_lock(hashtextextended('members:' || tenant::text, 0));
                {ADMIN_ONLY}
                select m.role, m.status into found_role, found_status from portal.tenant_memberships m
                where m.tenant_id = tenant and m.user_id = uid;
                if found_role is null then return query select 'missing', null::text, null::text; return; end if;
                if found_role = 'tenant_admin' and found_status = 'active'
                   and (coalesce(new_role, 'tenant_admin') <> 'tenant_admin'
                        or coalesce(new_status, 'active') <> 'active')
                   and not exists (select 1 from portal.tenant_memberships m
                                   join portal.users u on u.id = m.user_id and u.disabled_at is null
                                   where m.tenant_id = tenant and m.user_id <> uid and m.role = 'tenant_admin'
                                     and m.status = 'active') then
                    return query select 'last_admin', found_role, found_status; return;
                end if;
                update portal.tenant_memberships m
                set role = coalesce(new_role, m.role), status = coalesce(new_status, m.status)
                where m.tenant_id = tenant and m.user_id = uid;
                if new_status = 'disabled' then
                    update portal.user_links l set revoked_at = now()
                    where l.tenant_id = tenant and l.used_at is null and l.revoked_at is null
                      and (l.created_by = uid or l.email = (select u.email from portal.users u where u.id = uid));
                end if;
                return query select 'changed', found_role, found_status;
            end $$""",
    ),
    "my_tenants()": (
        MEMBER,
        f"""returns table (tenant_id uuid, slug text, status text, business_name text, role text)
            language sql stable {DEFINER} as $$
            select t.id, t.slug, t.status, p.business_name, m.role
            from portal.tenant_memberships m join portal.tenants t on t.id = m.tenant_id
            left join portal.tenant_profiles p on p.tenant_id = t.id
            where m.user_id = portal.current_user_id() and m.status = 'active' and t.status <> 'deleted'
            order by p.business_name, t.slug $$""",
    ),
    # For the platform: shut somebody out everywhere, or let them in again.
    "disable_user(uid uuid, disabled boolean)": (
        MEMBER,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                perform pg_advisory_xact_lock(hashtextextended('platform admins', 0));
                if portal.member_role() is distinct from 'platform_admin' or uid = portal.current_user_id() then
                    raise insufficient_privilege;
                end if;
                update portal.users set disabled_at = case when disabled then now() end, updated_at = now()
                where id = uid;
                if disabled then
                    update portal.user_sessions set revoked_at = now() where user_id = uid and revoked_at is null;
                end if;
                return exists (select 1 from portal.users where id = uid);
            end $$""",
    ),
}


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("users", "user_recovery_codes", "user_sessions", "user_links"):
        op.execute(f"alter table portal.{table} enable row level security")
        op.execute(f"alter table portal.{table} force row level security")
    for table, verbs in GATE_GRANTS.items():
        open_to_gate(table, verbs)
    op.execute(f"grant usage on schema portal to {IDENTITY}")
    op.execute(f"set local role {GATE}")
    op.execute(MEMBER_ROLE)
    op.execute("revoke all on function portal.member_role() from public")
    op.execute(f"grant execute on function portal.member_role() to {MEMBER}")
    op.execute(KNOWN_ELSEWHERE)
    op.execute(REPLACED)
    for signature, (caller, body) in (SIGNING_IN | SECOND_FACTOR | LINKS | MEMBERS).items():
        define(signature, caller, body)
    op.execute("set local role portal_owner")
    for statement in member_policies():
        op.execute(statement)


def open_to_gate(table: str, verbs: str) -> None:
    op.execute(f"grant {verbs} on portal.{table} to {GATE}")
    for verb in verbs.split(", "):
        using = "" if verb == "insert" else " using (true)"
        check = " with check (true)" if verb in ("insert", "update") else ""
        op.execute(f"create policy {GATE}_{verb} on portal.{table} for {verb} to {GATE}{using}{check}")


def define(signature: str, caller: str, body: str) -> None:
    name, _, rest = signature.partition("(")
    types = ", ".join(argument.split(" ", 1)[1] for argument in rest.rstrip(")").split(", ") if argument)
    op.execute(f"create function portal.{signature} {body}")
    op.execute(f"revoke all on function portal.{name}({types}) from public")
    op.execute(f"grant execute on function portal.{name}({types}) to {caller}")
