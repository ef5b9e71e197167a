set local role portal_gate;

-- Every secret that a tenant's integrations point at: a new kind of secret is a new column here.
create or replace function portal.secrets_of(integrations portal.tenant_integrations)
returns uuid[]
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select array_remove(array[integrations.cal_api_key_secret_id, integrations.cal_webhook_secret_id,
                              integrations.twilio_account_sid_secret_id,
                              integrations.twilio_auth_token_secret_id], null);
$$;

create or replace function portal.store_secret(secret_name text, sealed text)
returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare tenant uuid := portal.acting_tenant();
begin
    perform portal.sealed_scope();
    if tenant is null or (current_setting('role') = 'portal_member'
                          and portal.member_role() not in ('tenant_admin', 'platform_admin')) then
        raise insufficient_privilege;
    end if;
    return vault.create_secret(sealed, tenant::text || ':' || secret_name || ':' || gen_random_uuid()::text,
                               'sealed by the portal');
end;
$$;
grant execute on function portal.store_secret to portal_member, portal_worker;

-- Only what the current tenant's integrations point at; the text is sealed for that tenant besides.
create or replace function portal.read_secret(secret_id uuid)
returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select s.decrypted_secret from vault.decrypted_secrets s
    where s.id = secret_id and exists (
        select 1 from portal.tenant_integrations i
        where i.tenant_id = (select portal.current_tenant()) and secret_id = any (portal.secrets_of(i)));
$$;
grant execute on function portal.read_secret to portal_worker;

create or replace function portal.replace_secret(secret_id uuid, sealed text)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform portal.sealed_scope();
    if not exists (select 1 from portal.tenant_integrations i
                   where i.tenant_id = (select portal.current_tenant()) and secret_id = any (portal.secrets_of(i))) then
        return false;
    end if;
    perform vault.update_secret(secret_id, sealed);
    return true;
end;
$$;
grant execute on function portal.replace_secret to portal_worker;

-- The vault has no deletion on every server; what is overwritten is as good as gone.
create or replace function portal.discard_secret(secret_id uuid)
returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare tenant uuid := portal.acting_tenant();
begin
    perform portal.sealed_scope();
    if tenant is null or (current_setting('role') <> 'portal_worker'
                          and portal.member_role() not in ('tenant_admin', 'platform_admin')) then
        raise insufficient_privilege;
    end if;
    if exists (select 1 from vault.decrypted_secrets s
               where s.id = secret_id and s.name like tenant::text || ':%') then
        perform vault.update_secret(secret_id, 'discarded');
    end if;
end;
$$;
grant execute on function portal.discard_secret to portal_member, portal_worker;

create or replace function portal.tenants_with_secrets()
returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    select i.tenant_id from portal.tenant_integrations i
    where cardinality(portal.secrets_of(i)) > 0 order by 1;
$$;
grant execute on function portal.tenants_with_secrets to portal_worker;
