set local role portal_gate;

create or replace function portal.find_login(login text)
returns table (user_id uuid, email text, password_hash text, disabled boolean, has_totp boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select id, u.email, u.password_hash, disabled_at is not null, totp_enabled_at is not null
    from portal.users u where u.email = lower(login);
$$;
grant execute on function portal.find_login to portal_identity;

-- False when the address belongs to somebody else already.
create or replace function portal.record_user(uid uuid, address text)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    insert into portal.users as u (id, email) values (uid, lower(address))
    on conflict (id) do update set email = excluded.email, updated_at = now()
    where u.email <> excluded.email;
    return true;
exception when unique_violation then
    return false;
end;
$$;
grant execute on function portal.record_user to portal_identity;

create or replace function portal.open_session(
    sid uuid, uid uuid, kind text, hash text, lifetime_seconds int, agent text, address_hash text
)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    insert into portal.user_sessions (id, user_id, kind, token_hash, expires_at, user_agent, ip_hash)
    select sid, u.id, open_session.kind, hash, now() + make_interval(secs => lifetime_seconds), agent,
           address_hash
    from portal.users u where u.id = uid and u.disabled_at is null;
    return found;
end;
$$;
grant execute on function portal.open_session to portal_identity;

-- Notes that the session was used, once a minute.
create or replace function portal.session_user_of(hash text, idle_seconds int)
returns table (session_id uuid, user_id uuid, email text, is_platform_admin boolean)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    update portal.user_sessions s set last_seen_at = now()
    where s.token_hash = hash and s.kind = 'cookie' and s.revoked_at is null and s.expires_at > now()
      and s.last_seen_at > now() - make_interval(secs => idle_seconds)
      and s.last_seen_at < now() - interval '1 minute';
    return query
    select s.id, u.id, u.email, portal.is_platform_admin(u.id)
    from portal.user_sessions s join portal.users u on u.id = s.user_id
    where s.token_hash = hash and s.kind = 'cookie' and s.revoked_at is null and s.expires_at > now()
      and s.last_seen_at > now() - make_interval(secs => idle_seconds) and u.disabled_at is null;
end;
$$;
grant execute on function portal.session_user_of to portal_identity;

-- Whether an access token still counts. One of a session that we did not open counts where its provider may sign in
-- without us (known_only false) and no second factor of ours was passed over.
create or replace function portal.token_user(uid uuid, sid uuid, known_only boolean)
returns table (email text, is_platform_admin boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select u.email, portal.is_platform_admin(u.id)
    from portal.users u left join portal.user_sessions s on s.id = sid and s.user_id = u.id
    where u.id = uid and u.disabled_at is null
      and case when s.id is null then not known_only and u.totp_enabled_at is null
                                      and not exists (select 1 from portal.user_sessions o where o.id = sid)
               else s.kind = 'token' and s.revoked_at is null and s.expires_at > now() end;
$$;
grant execute on function portal.token_user to portal_identity;

-- An old token coming back means that two hold it: the session ends. A repeat within seconds is a lost answer.
create or replace function portal.rotate_session(old_hash text, new_hash text)
returns table (session_id uuid, user_id uuid, email text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
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
end;
$$;
grant execute on function portal.rotate_session to portal_identity;

create or replace function portal.account_of(uid uuid)
returns table (email text, display_name text, is_platform_admin boolean, has_totp boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select u.email, u.display_name, portal.is_platform_admin(u.id), u.totp_enabled_at is not null
    from portal.users u where u.id = uid and u.disabled_at is null;
$$;
grant execute on function portal.account_of to portal_identity;

create or replace function portal.revoke_session(uid uuid, sid uuid)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    update portal.user_sessions set revoked_at = now()
    where id = sid and user_id = uid and revoked_at is null;
    return found;
end;
$$;
grant execute on function portal.revoke_session to portal_identity;

create or replace function portal.revoke_sessions(uid uuid, kept uuid)
returns int
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare ended int;
begin
    perform portal.sealed_scope();
    update portal.user_sessions set revoked_at = now()
    where user_id = uid and id is distinct from kept and revoked_at is null;
    get diagnostics ended = row_count;
    return ended;
end;
$$;
grant execute on function portal.revoke_sessions to portal_identity;

create or replace function portal.set_password_hash(uid uuid, hash text)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    update portal.users set password_hash = hash, updated_at = now() where id = uid;
$$;
grant execute on function portal.set_password_hash to portal_identity;

create or replace function portal.audit_account(uid uuid, act text)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    insert into portal.audit_log (actor_user_id, actor_type, action, target_type, target_id)
    values (uid, 'user', act, 'user', uid::text);
$$;
grant execute on function portal.audit_account to portal_identity;
