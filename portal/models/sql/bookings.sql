set local role portal_gate;

-- A reference names at most one booking of the current tenant; with an e-mail it must be its attendee's. Who shares a
-- time with others is found by the seat alone, or by the shared reference and the e-mail.
create or replace function portal.find_booking(uid text, email text)
returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select b.id from portal.bookings b
    where b.tenant_id = (select portal.current_tenant())
      and (find_booking.email is null or b.attendee_email = find_booking.email)
      and (b.cal_seat_uid = uid
        or ((b.cal_seat_uid is null or find_booking.email is not null)
            and (b.cal_booking_uid = uid or uid = any (b.cal_previous_uids))))
    limit 1;
$$;
grant execute on function portal.find_booking to portal_customer;

-- A member's own query could not use the index: behind the wall only leakproof operators reach one. What many
-- bookings have is found soonest by walking the list, what few have by the index: the walk comes first, and bounded.
create or replace function portal.search_bookings(
    term text, statuses text[], service uuid, from_time timestamptz, to_time timestamptz, after_time timestamptz,
    after_id uuid, newest_first boolean, most int
)
returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := portal.member_tenant();
    pattern text := '%' || regexp_replace(term, '([\\%_])', '\\\1', 'g') || '%';
    direction text := case when newest_first then 'desc' else 'asc' end;
    wanted text := format($q$
        tenant_id = $1 and ($4 is null or status = any ($4)) and ($5 is null or service_id = $5)
        and ($6 is null or start_time >= $6) and ($7 is null or start_time < $7)
        and ($8 is null or (start_time, id) %s ($8, $9)) $q$, case when newest_first then '<' else '>' end);
    -- As the index bookings_search says it.
    hit text := $q$ (attendee_name || ' ' || attendee_email || ' ' || coalesce(attendee_phone, '')
        || ' ' || coalesce(cal_booking_uid, '') || ' ' || coalesce(cal_seat_uid, '')) ilike $2
        or cal_previous_uids @> array[$3] $q$;
    walked int;
    hits uuid[];
begin
    perform portal.sealed_scope();
    if tenant is null then return; end if;
    execute format($q$
        with walk as materialized (
            select id, start_time, (%1$s) as hit from portal.bookings where %2$s
            order by start_time %3$s, id %3$s limit 2000)
        select (select count(*) from walk),
               array(select id from walk where hit order by start_time %3$s, id %3$s limit $10)
        $q$, hit, wanted, direction)
    into walked, hits
    using tenant, pattern, term, statuses, service, from_time, to_time, after_time, after_id, most;
    if walked < 2000 or cardinality(hits) = most then
        return query select unnest(hits);
        return;
    end if;
    return query execute format($q$
        select id from portal.bookings where %2$s and (%1$s) order by start_time %3$s, id %3$s limit $10
        $q$, hit, wanted, direction)
    using tenant, pattern, term, statuses, service, from_time, to_time, after_time, after_id, most;
end;
$$;
grant execute on function portal.search_bookings to portal_member;

-- Bookings that have, or had, one of these names, each with a mark that every change of the row changes. Behind the
-- wall only leakproof operators reach an index.
create or replace function portal.bookings_named(uids text[], seat_uids text[], ids uuid[])
returns table (id uuid, version text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    select b.id, b.xmin::text from portal.bookings b
    where b.id in (
        select x.id from portal.bookings x
        where x.tenant_id = (select portal.current_tenant()) and x.cal_booking_uid = any (uids)
        union all
        select x.id from portal.bookings x
        where x.tenant_id = (select portal.current_tenant()) and x.cal_previous_uids && uids
        union all
        select x.id from portal.bookings x
        where x.tenant_id = (select portal.current_tenant()) and x.cal_seat_uid = any (seat_uids)
        union all
        select x.id from portal.bookings x where x.tenant_id = (select portal.current_tenant()) and x.id = any (ids));
$$;
grant execute on function portal.bookings_named to portal_worker;

-- Never overwrites what is known of somebody: a visitor who types another's e-mail must not change their phone.
create or replace function portal.remember_customer(email text, name text, phone text)
returns uuid
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    insert into portal.customers as c (tenant_id, email, name, phone)
    values (portal.acting_tenant(), remember_customer.email, remember_customer.name, remember_customer.phone)
    on conflict (tenant_id, email) do update set
        name = coalesce(c.name, excluded.name), phone = coalesce(c.phone, excluded.phone)
    returning c.id;
$$;
grant execute on function portal.remember_customer to portal_customer, portal_member, portal_worker;
