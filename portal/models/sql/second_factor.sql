set local role portal_gate;

create or replace function portal.totp_of(uid uuid)
returns table (secret text, enabled boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select totp_secret, totp_enabled_at is not null from portal.users where id = uid;
$$;
grant execute on function portal.totp_of to portal_identity;

-- Only while none is on: a stolen session must not replace the second factor.
create or replace function portal.begin_totp(uid uuid, sealed text)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    update portal.users set totp_secret = sealed, totp_last_step = 0
    where id = uid and totp_enabled_at is null;
    return found;
end;
$$;
grant execute on function portal.begin_totp to portal_identity;

create or replace function portal.enable_totp(uid uuid, step bigint, code_hashes text[])
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    update portal.users set totp_enabled_at = now(), totp_last_step = step
    where id = uid and totp_enabled_at is null and totp_secret is not null;
    if not found then return false; end if;
    delete from portal.user_recovery_codes where user_id = uid;
    insert into portal.user_recovery_codes (user_id, code_hash) select uid, unnest(code_hashes);
    return true;
end;
$$;
grant execute on function portal.enable_totp to portal_identity;

create or replace function portal.disable_totp(uid uuid)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    delete from portal.user_recovery_codes where user_id = uid;
    update portal.users set totp_secret = null, totp_enabled_at = null, totp_last_step = 0 where id = uid;
$$;
grant execute on function portal.disable_totp to portal_identity;

create or replace function portal.accept_totp_step(uid uuid, step bigint)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    update portal.users set totp_last_step = step
    where id = uid and totp_enabled_at is not null and totp_last_step < step;
    return found;
end;
$$;
grant execute on function portal.accept_totp_step to portal_identity;

create or replace function portal.use_recovery_code(uid uuid, hash text)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    update portal.user_recovery_codes set used_at = now()
    where user_id = uid and code_hash = hash and used_at is null;
    return found;
end;
$$;
grant execute on function portal.use_recovery_code to portal_identity;

create or replace function portal.sealed_totps()
returns table (user_id uuid, sealed text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select id, totp_secret from portal.users where totp_secret is not null order by id;
$$;
grant execute on function portal.sealed_totps to portal_identity;

create or replace function portal.replace_totp(uid uuid, sealed text, anew text)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    update portal.users set totp_secret = anew where id = uid and totp_secret = sealed;
    return found;
end;
$$;
grant execute on function portal.replace_totp to portal_identity;
