set local role portal_gate;

create or replace function portal.resolve_host(name text, wanted_slug text)
returns table (tenant_id uuid, slug text, status text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select t.id, t.slug, t.status from portal.tenants t
    where t.slug = wanted_slug and t.status <> 'deleted'
    union all
    select t.id, t.slug, t.status from portal.tenant_domains d join portal.tenants t on t.id = d.tenant_id
    where d.hostname = name and d.verified_at is not null and t.status <> 'deleted'
    limit 1;
$$;
grant execute on function portal.resolve_host to portal_customer;

-- Logos are public; whoever knows a digest has seen the picture.
create or replace function portal.logo(digest text)
returns table (content bytea, content_type text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select l.content, l.content_type from portal.tenant_logos l where l.sha256 = digest limit 1;
$$;
grant execute on function portal.logo to portal_customer;

create or replace function portal.list_tenants(term text, wanted_status text, after_slug text, most int)
returns table (id uuid, slug text, status text, vertical text, business_name text, timezone text, created_at
    timestamptz, updated_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare pattern text := '%' || regexp_replace(term, '([\\%_])', '\\\1', 'g') || '%';
begin
    perform portal.unbound_scope();
    if not portal.is_platform_admin(portal.current_user_id())
       or portal.member_role() is distinct from 'platform_admin' then
        raise insufficient_privilege;
    end if;
    return query
    select t.id, t.slug, t.status, t.vertical, p.business_name, p.timezone, t.created_at, t.updated_at
    from portal.tenants t left join portal.tenant_profiles p on p.tenant_id = t.id
    where (after_slug is null or t.slug > after_slug)
      and (wanted_status is null or t.status = wanted_status)
      and (t.status <> 'deleted' or wanted_status = 'deleted')
      and (term is null or t.slug ilike pattern or p.business_name ilike pattern)
    order by t.slug limit most;
end;
$$;
grant execute on function portal.list_tenants to portal_member;
