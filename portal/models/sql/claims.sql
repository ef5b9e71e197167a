set local role portal_owner;

-- Runs with the caller's own rights: the lowest free seat, or null when all are held. The lock lets racers for one
-- resource wait for each other instead of deadlocking; the constraints decide all the same.
create or replace function portal.claim_seat(
    resource uuid, service uuid, booking uuid, proposal uuid, seats int, from_time timestamptz, to_time
    timestamptz, expiry timestamptz
)
returns int
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(resource::text, 0));
    perform portal.release_expired_claims(resource, from_time, to_time);
    for candidate in 1..seats loop
        insert into portal.slot_claims (tenant_id, resource_id, service_id, booking_id, proposal_id, seat, start_time,
                                        end_time, expires_at)
        values (portal.acting_tenant(), resource, service, booking, proposal, candidate, from_time, to_time, expiry)
        on conflict do nothing;
        if found then return candidate; end if;
    end loop;
    return null;
end;
$$;
grant execute on function portal.claim_seat to portal_customer, portal_member, portal_worker;

set local role portal_gate;

create or replace function portal.release_expired_claims(resource uuid, from_time timestamptz, to_time timestamptz)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select portal.sealed_scope();
    delete from portal.slot_claims
    where tenant_id = (select portal.acting_tenant()) and resource_id = resource
      and tstzrange(start_time, end_time, '[)') && tstzrange(from_time, to_time, '[)')
      and expires_at < now();
$$;
grant execute on function portal.release_expired_claims to portal_customer, portal_member, portal_worker;
