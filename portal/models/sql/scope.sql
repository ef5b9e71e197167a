-- Who acts: what policies and functions believe (docs/decisions: a scope is sealed).
set local role portal_gate;

-- Whether the text begins with the MAC, in hexadecimal, of what follows its dot, under a key of ours. One row holds all
-- keys, and nothing is parsed that is not ours: this runs in most statements. (Comparing ends early only where whole
-- machine words differ: the time it takes tells nobody a MAC.)
create or replace function portal.is_sealed(sealed text)
returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    keys portal.scope_keys;
    mac text := left(sealed, 64);
    content bytea := convert_to(substr(sealed, 66), 'UTF8');
begin
    select * into keys from portal.scope_keys;
    return mac = encode(sha256(keys.outer_pad || sha256(keys.inner_pad || content)), 'hex')
        or mac = encode(sha256(keys.previous_outer_pad || sha256(keys.previous_inner_pad || content)), 'hex');
end;
$$;

-- The scope that this transaction was given, as JSON: role and until, and of tenant, user, session, booking and
-- request_key those that it has. The setting app.scope holds a MAC, a dot and that JSON. Raises unless it was sealed by
-- us, for the role in force, and was not over when the transaction began (one that runs on keeps its scope: rows must
-- not vanish in its middle).
create or replace function portal.sealed_scope()
returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    sealed text := current_setting('app.scope', true);
    held jsonb;
begin
    if portal.is_sealed(sealed) then
        held := substr(sealed, 66);
        if held ->> 'role' = current_setting('role') and to_timestamp((held ->> 'until')::float8) > now() then
            return held;
        end if;
    end if;
    raise insufficient_privilege
        using message = 'insufficient_privilege: this transaction has no scope sealed for its role';
end;
$$;

-- What is wrong with this transaction's scope: 'absent', 'key' (sealed with another key), 'role', 'over'; or null.
-- For whoever looks after a deployment: it tells what the caller could find out by trying.
create or replace function portal.scope_fault()
returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare sealed text := current_setting('app.scope', true); held jsonb;
begin
    if coalesce(sealed, '') = '' then return 'absent'; end if;
    if portal.is_sealed(sealed) is not true then return 'key'; end if;
    held := substr(sealed, 66);
    return case when held ->> 'role' <> current_setting('role') then 'role'
                when to_timestamp((held ->> 'until')::float8) <= now() then 'over' end;
end;
$$;
grant execute on function portal.scope_fault to portal_customer, portal_operator;

-- The same, and of no tenant: for what concerns all of them. A tenant's job may not ask.
create or replace function portal.unbound_scope()
returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare held jsonb := portal.sealed_scope();
begin
    if held ->> 'tenant' is not null then
        raise insufficient_privilege using message = 'insufficient_privilege: this is not for a scope of one tenant';
    end if;
    return held;
end;
$$;

-- Whether a row of this tenant may be touched: the scope's own, or any where the scope is of none.
create or replace function portal.is_in_scope(tenant uuid)
returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare wanted uuid := portal.current_tenant();
begin
    return wanted is null or wanted is not distinct from tenant;
end;
$$;

create or replace function portal.current_tenant()
returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (portal.sealed_scope() ->> 'tenant')::uuid;
end;
$$;
grant execute on function portal.current_tenant to portal_customer, portal_member, portal_worker;

-- The signed-in user. Not of request.jwt.claims, which anybody may set.
create or replace function portal.current_user_id()
returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (portal.sealed_scope() ->> 'user')::uuid;
end;
$$;
grant execute on function portal.current_user_id to portal_customer, portal_member, portal_worker, portal_operator;

create or replace function portal.current_session()
returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (portal.sealed_scope() ->> 'session')::uuid;
end;
$$;
grant execute on function portal.current_session to portal_customer;

create or replace function portal.current_booking()
returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (portal.sealed_scope() ->> 'booking')::uuid;
end;
$$;
grant execute on function portal.current_booking to portal_customer;

create or replace function portal.current_request_key()
returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return portal.sealed_scope() ->> 'request_key';
end;
$$;
grant execute on function portal.current_request_key to portal_customer;

create or replace function portal.is_platform_admin(uid uuid)
returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from portal.platform_admins where user_id = uid);
$$;

-- What the signed-in user is to the scope's tenant, if anything. plpgsql keeps the plans of the look-ups for the
-- connection, so that it costs microseconds.
create or replace function portal.member_role()
returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    held jsonb := portal.sealed_scope();
    wanted uuid := (held ->> 'tenant')::uuid;
    asking uuid := (held ->> 'user')::uuid;
begin
    if asking is null or exists (select 1 from portal.users where id = asking and disabled_at is not null) then
        return null;
    end if;
    if exists (select 1 from portal.platform_admins where user_id = asking) then
        return 'platform_admin';
    end if;
    return (select role from portal.tenant_memberships
            where tenant_id = wanted and user_id = asking and status = 'active');
end;
$$;
grant execute on function portal.member_role to portal_member;

-- The scope's tenant, if its user is a member of it: policies call it once per statement.
create or replace function portal.member_tenant()
returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    held jsonb := portal.sealed_scope();
    wanted uuid := (held ->> 'tenant')::uuid;
    asking uuid := (held ->> 'user')::uuid;
begin
    if (exists (select 1 from portal.tenant_memberships
                where tenant_id = wanted and user_id = asking and status = 'active')
        or exists (select 1 from portal.platform_admins where user_id = asking))
       and not exists (select 1 from portal.users where id = asking and disabled_at is not null) then
        return wanted;
    end if;
    return null;
end;
$$;
grant execute on function portal.member_tenant to portal_member;

-- The same for its admins, and those who run the platform.
create or replace function portal.administered_tenant()
returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case when portal.member_role() in ('tenant_admin', 'platform_admin') then portal.member_tenant() end;
end;
$$;

-- A worker, or somebody who runs the platform, in a scope of no tenant.
create or replace function portal.sees_every_tenant()
returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return portal.current_tenant() is null
        and (current_setting('role') = 'portal_worker' or portal.member_role() is not distinct from 'platform_admin');
end;
$$;

-- The tenant of whoever acts, whatever the role: for functions that serve several.
create or replace function portal.acting_tenant()
returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case current_setting('role') when 'portal_member' then portal.member_tenant()
           else portal.current_tenant() end;
end;
$$;
grant execute on function portal.acting_tenant to portal_customer, portal_member, portal_worker;

-- The migration this database is at, and the digest of the functions it has. Needs no scope: readiness asks it.
create or replace function portal.schema_version()
returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select version_num || ' ' || coalesce((select digest from portal.schema_functions), '') from portal.alembic_version;
$$;
grant execute on function portal.schema_version to portal_customer, portal_worker;
