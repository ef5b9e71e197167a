set local role portal_gate;

-- Raises unless an admin of the scope's tenant asks.
create or replace function portal.require_tenant_admin()
returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if portal.administered_tenant() is null then raise insufficient_privilege; end if;
end;
$$;

create or replace function portal.list_members()
returns table (user_id uuid, email text, display_name text, role text, status text, has_totp boolean, joined_at
    timestamptz, last_seen_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.require_tenant_admin();
    return query
    select m.user_id, u.email, u.display_name, m.role,
           case when u.disabled_at is null then m.status else 'disabled' end,
           u.totp_enabled_at is not null, m.created_at,
           (select max(s.last_seen_at) from portal.user_sessions s where s.user_id = u.id)
    from portal.tenant_memberships m join portal.users u on u.id = m.user_id
    where m.tenant_id = (select portal.member_tenant()) order by u.email;
end;
$$;
grant execute on function portal.list_members to portal_member;

create or replace function portal.list_invites()
returns table (id uuid, email text, role text, created_at timestamptz, expires_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.require_tenant_admin();
    return query
    select l.id, l.email, l.role, l.created_at, l.expires_at from portal.user_links l
    where l.tenant_id = (select portal.member_tenant()) and l.purpose = 'invite' and l.used_at is null
      and l.revoked_at is null and l.expires_at > now() order by l.created_at desc;
end;
$$;
grant execute on function portal.list_invites to portal_member;

-- A newer invitation of the same address replaces the older one.
create or replace function portal.create_invite(
    link_id uuid, hash text, address text, new_role text, lifetime_seconds int
)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare tenant uuid := portal.member_tenant();
begin
    perform portal.sealed_scope();
    if new_role = 'platform_admin' then
        if portal.member_role() is distinct from 'platform_admin' or tenant is not null then
            raise insufficient_privilege;
        end if;
    else
        perform portal.require_tenant_admin();
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
end;
$$;
grant execute on function portal.create_invite to portal_member;

create or replace function portal.revoke_invite(link_id uuid)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.require_tenant_admin();
    update portal.user_links set revoked_at = now()
    where id = link_id and tenant_id = (select portal.member_tenant()) and purpose = 'invite' and used_at is null
      and revoked_at is null;
    return found;
end;
$$;
grant execute on function portal.revoke_invite to portal_member;

-- Whoever gets the link can become that user: so a tenant's admin gets one only for people who are nothing elsewhere.
create or replace function portal.create_reset(link_id uuid, hash text, uid uuid, lifetime_seconds int)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare tenant uuid := portal.member_tenant(); address text;
begin
    perform portal.require_tenant_admin();
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
end;
$$;
grant execute on function portal.create_reset to portal_member;

-- Changes take turns, so that two cannot each remove the other last admin.
create or replace function portal.change_member(uid uuid, new_role text, new_status text)
returns table (outcome text, old_role text, old_status text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare tenant uuid := portal.member_tenant(); found_role text; found_status text;
begin
    perform portal.sealed_scope();
    perform pg_advisory_xact_lock(hashtextextended('members:' || tenant::text, 0));
    perform portal.require_tenant_admin();
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
end;
$$;
grant execute on function portal.change_member to portal_member;

create or replace function portal.my_tenants()
returns table (tenant_id uuid, slug text, status text, business_name text, role text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select t.id, t.slug, t.status, p.business_name, m.role
    from portal.tenant_memberships m join portal.tenants t on t.id = m.tenant_id
    left join portal.tenant_profiles p on p.tenant_id = t.id
    where m.user_id = (select portal.current_user_id()) and m.status = 'active' and t.status <> 'deleted'
    order by p.business_name, t.slug;
$$;
grant execute on function portal.my_tenants to portal_member;

-- For the platform: shut somebody out everywhere, or let them in again.
create or replace function portal.disable_user(uid uuid, disabled boolean)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.unbound_scope();
    perform pg_advisory_xact_lock(hashtextextended('platform admins', 0));
    if portal.member_role() is distinct from 'platform_admin' or uid = (select portal.current_user_id()) then
        raise insufficient_privilege;
    end if;
    update portal.users set disabled_at = case when disabled then now() end, updated_at = now()
    where id = uid;
    if disabled then
        update portal.user_sessions set revoked_at = now() where user_id = uid and revoked_at is null;
    end if;
    return exists (select 1 from portal.users where id = uid);
end;
$$;
grant execute on function portal.disable_user to portal_member;

-- Who acted, as their colleagues know them; the platform's people by that name only.
create or replace function portal.name_members(uids uuid[])
returns table (user_id uuid, name text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select u.id, case when m.user_id is not null then coalesce(u.display_name, u.email)
                      when portal.is_platform_admin(u.id) then 'Platform support' else 'Former member' end
    from portal.users u
    left join portal.tenant_memberships m on m.user_id = u.id and m.tenant_id = (select portal.member_tenant())
    where u.id = any (uids) and portal.member_tenant() is not null;
$$;
grant execute on function portal.name_members to portal_member;

-- Those who can mend what is wrong at the business.
create or replace function portal.owners_to_mail()
returns table (user_id uuid, email text, business_name text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select u.id, u.email, p.business_name
    from portal.tenant_memberships m
    join portal.users u on u.id = m.user_id
    left join portal.tenant_profiles p on p.tenant_id = m.tenant_id
    where m.tenant_id = (select portal.current_tenant()) and m.role = 'tenant_admin' and m.status = 'active'
      and u.disabled_at is null
    order by u.email;
$$;
grant execute on function portal.owners_to_mail to portal_worker;
