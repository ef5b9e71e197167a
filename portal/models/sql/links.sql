set local role portal_gate;

create or replace function portal.find_link(hash text)
returns table (purpose text, email text, user_id uuid, business_name text, role text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select l.purpose, l.email, u.id, p.business_name, l.role
    from portal.user_links l
    left join portal.users u on u.id = l.user_id or (l.user_id is null and u.email = l.email)
    left join portal.tenant_profiles p on p.tenant_id = l.tenant_id
    where l.token_hash = hash and l.used_at is null and l.revoked_at is null and l.expires_at > now();
$$;
grant execute on function portal.find_link to portal_identity;

-- One claimer at a time: the row's lock decides among racers. A tenant admin's link for a new password is worth nothing
-- once its user is somebody elsewhere too.
create or replace function portal.claim_link(hash text, lease_seconds int)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    update portal.user_links l set claimed_until = now() + make_interval(secs => lease_seconds)
    where token_hash = hash and used_at is null and revoked_at is null and expires_at > now()
      and (claimed_until is null or claimed_until < now())
      and not (purpose = 'password_reset' and tenant_id is not null
               and not portal.is_platform_admin(created_by)
               and portal.is_known_elsewhere(l.user_id, l.tenant_id));
    return found;
end;
$$;
grant execute on function portal.claim_link to portal_identity;

create or replace function portal.release_link(hash text)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    update portal.user_links set claimed_until = null where token_hash = hash and used_at is null;
$$;
grant execute on function portal.release_link to portal_identity;

-- The link's effect, once: who used it joins, or has the new password; null when it was used meanwhile.
create or replace function portal.complete_link(hash text, uid uuid, new_hash text, name text)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare link portal.user_links;
begin
    perform portal.sealed_scope();
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
end;
$$;
grant execute on function portal.complete_link to portal_identity;

-- Stores a link only where somebody has that address; the caller cannot tell.
create or replace function portal.request_reset(address text, link_id uuid, hash text, lifetime_seconds int)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    insert into portal.user_links (id, token_hash, purpose, email, user_id, expires_at)
    select link_id, hash, 'password_reset', u.email, u.id, now() + make_interval(secs => lifetime_seconds)
    from portal.users u where u.email = lower(address) and u.disabled_at is null;
$$;
grant execute on function portal.request_reset to portal_identity;

create or replace function portal.link_to_mail(link_id uuid)
returns table (purpose text, email text, business_name text, expires_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select l.purpose, l.email, p.business_name, l.expires_at
    from portal.user_links l left join portal.tenant_profiles p on p.tenant_id = l.tenant_id
    where l.id = link_id and l.used_at is null and l.revoked_at is null and l.expires_at > now();
$$;
grant execute on function portal.link_to_mail to portal_identity;

create or replace function portal.is_known_elsewhere(uid uuid, tenant uuid)
returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.is_platform_admin(uid)
        or exists (select 1 from portal.tenant_memberships where user_id = uid and tenant_id <> tenant);
$$;

create or replace function portal.sweep_identity()
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    delete from portal.user_sessions where expires_at < now() - interval '30 days';
    delete from portal.user_links where expires_at < now() - interval '30 days';
$$;
grant execute on function portal.sweep_identity to portal_worker;
