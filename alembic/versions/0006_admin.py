"""What running a business needs: logos, who stored which key, finding bookings, and tenants for the platform's list."""

from alembic import op

revision = "0006"
down_revision = "0005"

CUSTOMER, MEMBER, WORKER = "portal_customer", "portal_member", "portal_worker"
GATE, IDENTITY = "portal_gate", "portal_identity"
DEFINER = "security definer set search_path = pg_catalog, portal"
ADMINS = "(select portal.member_role()) in ('tenant_admin', 'platform_admin')"
OWN = "tenant_id = (select portal.member_tenant())"
# What staff type into the search field is looked for in this text. The index and the query must say the same.
SEARCHED = (
    "attendee_name || ' ' || attendee_email || ' ' || coalesce(attendee_phone, '')"
    " || ' ' || coalesce(cal_booking_uid, '') || ' ' || coalesce(cal_seat_uid, '')"
)
WALKED = 2000

TABLES = """
create table portal.tenant_logos (
    tenant_id uuid primary key references portal.tenants (id) on delete cascade,
    content bytea not null check (octet_length(content) between 1 and 1048576),
    content_type text not null check (content_type in ('image/png', 'image/webp')),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    updated_at timestamptz not null default now()
);
create index tenant_logos_sha256 on portal.tenant_logos (sha256);

alter table portal.tenant_integrations
    add column cal_api_key_set_at timestamptz,
    add column cal_api_key_set_by uuid,
    add column twilio_set_at timestamptz,
    add column twilio_set_by uuid;

drop index portal.bookings_status;
create index bookings_status on portal.bookings (tenant_id, status, start_time);
create index bookings_service on portal.bookings (tenant_id, service_id, start_time);
create index chat_sessions_booking on portal.chat_sessions (tenant_id, converted_booking_id)
    where converted_booking_id is not null;
"""

LOGO_WALL = f"""
alter table portal.tenant_logos enable row level security;
alter table portal.tenant_logos force row level security;
grant select on portal.tenant_logos to {CUSTOMER}, {WORKER}, {GATE};
grant select, insert, update, delete on portal.tenant_logos to {MEMBER};
create policy {GATE}_select on portal.tenant_logos for select to {GATE} using (true);
create policy {CUSTOMER}_select on portal.tenant_logos for select to {CUSTOMER}
    using (tenant_id = (select portal.current_tenant()));
create policy {WORKER}_select on portal.tenant_logos for select to {WORKER}
    using (tenant_id = (select portal.current_tenant()));
create policy {MEMBER}_select on portal.tenant_logos for select to {MEMBER} using ({OWN});
create policy {MEMBER}_insert on portal.tenant_logos for insert to {MEMBER} with check ({OWN} and {ADMINS});
create policy {MEMBER}_update on portal.tenant_logos for update to {MEMBER}
    using ({OWN} and {ADMINS}) with check ({OWN} and {ADMINS});
create policy {MEMBER}_delete on portal.tenant_logos for delete to {MEMBER} using ({OWN} and {ADMINS});
"""

# Only where the extension is: without it the search reads a tenant's rows one by one.
SEARCH_INDEX = f"""
do $$ begin
    if exists (select 1 from pg_extension e join pg_namespace n on n.oid = e.extnamespace
               where e.extname = 'pg_trgm' and n.nspname = 'extensions') then
        create index bookings_search on portal.bookings using gin (({SEARCHED}) extensions.gin_trgm_ops);
    end if;
end $$;
"""

# As in 0004, but for staff who book by hand too.
REMEMBER_CUSTOMER = f"""
create or replace function portal.remember_customer(email text, name text, phone text)
returns uuid language sql volatile {DEFINER} as $$
    insert into portal.customers as c (tenant_id, email, name, phone)
    values (portal.acting_tenant(), remember_customer.email, remember_customer.name, remember_customer.phone)
    on conflict (tenant_id, email) do update set
        name = coalesce(c.name, excluded.name), phone = coalesce(c.phone, excluded.phone)
    returning c.id $$;
grant execute on function portal.remember_customer(text, text, text) to {MEMBER};
"""

FUNCTIONS: dict[str, tuple[str, str]] = {
    # Logos are public; whoever knows a digest has seen the picture.
    "logo(digest text)": (
        CUSTOMER,
        f"""returns table (content bytea, content_type text) language sql stable {DEFINER} as $$
            select l.content, l.content_type from portal.tenant_logos l where l.sha256 = digest limit 1 $$""",
    ),
    "list_tenants(term text, wanted_status text, after_slug text, most int)": (
        MEMBER,
        f"""returns table (id uuid, slug text, status text, vertical text, business_name text, timezone text,
                           created_at timestamptz, updated_at timestamptz)
            language plpgsql stable {DEFINER} as $$
            declare pattern text := '%' || regexp_replace(term, '([\\\\%_])', '\\\\\\1', 'g') || '%';
            begin
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
            end $$""",
    ),
    # A member's own query could not use the index: behind the wall only leakproof operators reach one. What many
    # bookings have is found soonest by walking the list, what few have by the index: the walk comes first, and bounded.
    "search_bookings(term text, statuses text[], service uuid, from_time timestamptz, to_time timestamptz,"
    " after_time timestamptz, after_id uuid, newest_first boolean, most int)": (
        MEMBER,
        f"""returns setof uuid language plpgsql stable {DEFINER} as $$
            declare
                tenant uuid := portal.member_tenant();
                pattern text := '%' || regexp_replace(term, '([\\\\%_])', '\\\\\\1', 'g') || '%';
                direction text := case when newest_first then 'desc' else 'asc' end;
                wanted text := format($q$
                    tenant_id = $1 and ($4 is null or status = any ($4)) and ($5 is null or service_id = $5)
                    and ($6 is null or start_time >= $6) and ($7 is null or start_time < $7)
                    and ($8 is null or (start_time, id) %s ($8, $9)) $q$, case when newest_first then '<' else '>' end);
                hit text := $q$ ({SEARCHED}) ilike $2 or cal_previous_uids @> array[$3] $q$;
                walked int;
                hits uuid[];
            begin
                if tenant is null then return; end if;
                execute format($q$
                    with walk as materialized (
                        select id, start_time, (%1$s) as hit from portal.bookings where %2$s
                        order by start_time %3$s, id %3$s limit {WALKED})
                    select (select count(*) from walk),
                           array(select id from walk where hit order by start_time %3$s, id %3$s limit $10)
                    $q$, hit, wanted, direction)
                into walked, hits
                using tenant, pattern, term, statuses, service, from_time, to_time, after_time, after_id, most;
                if walked < {WALKED} or cardinality(hits) = most then
                    return query select unnest(hits);
                    return;
                end if;
                return query execute format($q$
                    select id from portal.bookings where %2$s and (%1$s) order by start_time %3$s, id %3$s limit $10
                    $q$, hit, wanted, direction)
                using tenant, pattern, term, statuses, service, from_time, to_time, after_time, after_id, most;
            end $$""",
    ),
    # Who acted, as their colleagues know them; the platform's people by that name only.
    "name_members(uids uuid[])": (
        MEMBER,
        f"""returns table (user_id uuid, name text) language sql stable {DEFINER} as $$
            select u.id, case when m.user_id is not null then coalesce(u.display_name, u.email)
                              when portal.is_platform_admin(u.id) then 'Platform support' else 'Former member' end
            from portal.users u
            left join portal.tenant_memberships m on m.user_id = u.id and m.tenant_id = portal.member_tenant()
            where u.id = any (uids) and portal.member_tenant() is not null $$""",
    ),
    # The vault has no deletion on every server; what is overwritten is as good as gone.
    "discard_secret(secret_id uuid)": (
        MEMBER,
        f"""returns void language plpgsql volatile {DEFINER} as $$
            declare tenant uuid := portal.member_tenant();
            begin
                if tenant is null or portal.member_role() not in ('tenant_admin', 'platform_admin') then
                    raise insufficient_privilege;
                end if;
                if exists (select 1 from vault.decrypted_secrets s
                           where s.id = secret_id and s.name like tenant::text || ':%') then
                    perform vault.update_secret(secret_id, 'discarded');
                end if;
            end $$""",
    ),
    "tenants_with_secrets()": (
        WORKER,
        f"""returns setof uuid language sql stable {DEFINER} as $$
            select tenant_id from portal.tenant_integrations
            where cal_api_key_secret_id is not null or twilio_account_sid_secret_id is not null
               or twilio_auth_token_secret_id is not null order by tenant_id $$""",
    ),
    "replace_secret(secret_id uuid, sealed text)": (
        WORKER,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                if not exists (select 1 from portal.tenant_integrations i
                               where i.tenant_id = portal.current_tenant()
                                 and secret_id in (i.cal_api_key_secret_id, i.twilio_account_sid_secret_id,
                                                   i.twilio_auth_token_secret_id)) then
                    return false;
                end if;
                perform vault.update_secret(secret_id, sealed);
                return true;
            end $$""",
    ),
    "sealed_totps()": (
        IDENTITY,
        f"""returns table (user_id uuid, sealed text) language sql stable {DEFINER} as $$
            select id, totp_secret from portal.users where totp_secret is not null order by id $$""",
    ),
    "replace_totp(uid uuid, sealed text, anew text)": (
        IDENTITY,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                update portal.users set totp_secret = anew where id = uid and totp_secret = sealed;
                return found;
            end $$""",
    ),
}


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(LOGO_WALL)
    op.execute(SEARCH_INDEX)
    op.execute(f"set local role {GATE}")
    op.execute(REMEMBER_CUSTOMER)
    for signature, (caller, body) in FUNCTIONS.items():
        define(signature, caller, body)
    op.execute("set local role portal_owner")


def define(signature: str, caller: str, body: str) -> None:
    name, _, rest = signature.partition("(")
    types = ", ".join(argument.split(" ", 1)[1] for argument in rest.rstrip(")").split(", ") if argument)
    op.execute(f"create function portal.{signature} {body}")
    op.execute(f"revoke all on function portal.{name}({types}) from public")
    op.execute(f"grant execute on function portal.{name}({types}) to {caller}")
