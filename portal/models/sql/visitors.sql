-- What one visitor of a business holds, books and spends. Nobody reads these counts but the functions here.
set local role portal_gate;

-- Why a visitor may not hold one more time, or null. Chats of one visitor take turns here until they commit, so that
-- none overlooks another's hold. ``at`` is the caller's clock; a standing claim (no expiry) is a booking.
create or replace function portal.admit_hold(
    who text, at timestamptz, from_time timestamptz, to_time timestamptz, day_start timestamptz,
    day_end timestamptz, most_open int, most_open_of_day int, most_of_day int, most_held interval
)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare tenant uuid := portal.current_tenant(); held record; kept interval;
begin
    perform pg_advisory_xact_lock(hashtextextended(tenant::text || who, 17));
    select count(*) filter (where c.expires_at is not null) as open,
           count(*) filter (where c.expires_at is not null and c.start_time >= day_start
                                  and c.start_time < day_end) as open_of_day,
           count(*) filter (where c.start_time >= day_start and c.start_time < day_end) as of_day
    into held
    from portal.proposals p join portal.slot_claims c on c.tenant_id = p.tenant_id and c.proposal_id = p.id
    where p.tenant_id = tenant and p.visitor = who and p.created_at > at - interval '1 day'
      and (c.expires_at is null or c.expires_at > at);
    if held.of_day >= most_of_day then return 'day'; end if;
    if held.open >= most_open or held.open_of_day >= most_open_of_day then return 'open'; end if;
    select sum(greatest(least(coalesce(p.decided_at, p.expires_at), p.expires_at, at) - p.created_at, interval '0'))
    into kept
    from portal.proposals p
    where p.tenant_id = tenant and p.visitor = who and p.created_at > at - interval '2 hours'
      and p.state in ('waiting', 'expired', 'withdrawn')
      and tstzrange(p.start_time, p.end_time, '[)') && tstzrange(from_time, to_time, '[)');
    return case when kept >= most_held then 'again' end;
end;
$$;
grant execute on function portal.admit_hold to portal_customer;

-- Take what a turn may cost from a visitor's share before it runs: many turns at once cannot all find room.
create or replace function portal.charge_visitor(
    who text, today date, reserve bigint, share bigint, newcomer_share bigint, newcomers_from bigint
)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := portal.current_tenant();
    most bigint := case when portal.usage_today(today) < newcomers_from then share else newcomer_share end;
begin
    if who is null then return true; end if;
    insert into portal.visitor_usage as u (tenant_id, day, visitor, tokens)
    select tenant, today, who, reserve where reserve <= most
    on conflict (tenant_id, day, visitor) do update set tokens = u.tokens + reserve
    where u.tokens + reserve <= most;
    return found;
end;
$$;
grant execute on function portal.charge_visitor to portal_customer;

-- What the turn really cost, less what was taken for it.
create or replace function portal.settle_visitor(who text, today date, difference bigint)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    insert into portal.visitor_usage as u (tenant_id, day, visitor, tokens)
    select portal.current_tenant(), today, who, greatest(difference, 0) where who is not null
    on conflict (tenant_id, day, visitor) do update set tokens = greatest(u.tokens + difference, 0);
$$;
grant execute on function portal.settle_visitor to portal_customer;

-- True for exactly one caller a day and level.
create or replace function portal.mark_budget_told(today date, percent int)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare tenant uuid := portal.current_tenant();
begin
    update portal.tenant_usage u set told_percent = percent
    where u.tenant_id = tenant and u.day = today and u.told_percent < percent;
    return found;
end;
$$;
grant execute on function portal.mark_budget_told to portal_customer;

-- Yesterday's stay for turns that began before midnight.
create or replace function portal.forget_visitors()
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.unbound_scope();
    delete from portal.visitor_usage where day < (now() at time zone 'utc')::date - 1;
$$;
grant execute on function portal.forget_visitors to portal_worker;
