"""What one visitor of a business holds, books and spends: counted and decided by the database.

A visitor is a keyed hash of an address (``portal.core.visitors``). Nobody reads these counts but the functions here.
"""

from alembic import op

revision = "0016"
down_revision = "0015"

CUSTOMER, WORKER, GATE = "portal_customer", "portal_worker", "portal_gate"
DEFINER = "security definer set search_path = pg_catalog, portal"

TABLES = """
alter table portal.proposals add column visitor text;
create index proposals_visitor on portal.proposals (tenant_id, visitor, created_at) where visitor is not null;

-- Tokens of the assistant that a visitor's conversations used on a day (UTC), those of running turns included.
create table portal.visitor_usage (
    tenant_id uuid not null references portal.tenants (id) on delete cascade,
    day date not null,
    visitor text not null,
    tokens bigint not null default 0,
    primary key (tenant_id, day, visitor)
);
alter table portal.visitor_usage enable row level security;
alter table portal.visitor_usage force row level security;

-- How much of that day's budget the owner was told to be used, in percent.
alter table portal.tenant_usage add column told_percent int not null default 0;
"""

FUNCTIONS = {
    # Why a visitor may not hold one more time, or null. Chats of one visitor take turns here until they commit, so that
    # none overlooks another's hold. ``at`` is the caller's clock; a standing claim (no expiry) is a booking.
    "admit_hold(who text, at timestamptz, from_time timestamptz, to_time timestamptz, day_start timestamptz,"
    " day_end timestamptz, most_open int, most_open_of_day int, most_of_day int, most_held interval)": (
        CUSTOMER,
        f"""returns text language plpgsql volatile {DEFINER} as $$
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
                select sum(greatest(least(coalesce(p.decided_at, p.expires_at), p.expires_at, at) - p.created_at,
                                    interval '0'))
                into kept
                from portal.proposals p
                where p.tenant_id = tenant and p.visitor = who and p.created_at > at - interval '2 hours'
                  and p.state in ('waiting', 'expired', 'withdrawn')
                  and tstzrange(p.start_time, p.end_time, '[)') && tstzrange(from_time, to_time, '[)');
                return case when kept >= most_held then 'again' end;
            end $$""",
    ),
    # Take what a turn may cost from a visitor's share before it runs: many turns at once cannot all find room.
    "charge_visitor(who text, today date, reserve bigint, share bigint, newcomer_share bigint, newcomers_from bigint)": (
        CUSTOMER,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            declare tenant uuid := portal.current_tenant();
                    most bigint := case when portal.usage_today(today) < newcomers_from then share
                                        else newcomer_share end;
            begin
                if who is null then return true; end if;
                insert into portal.visitor_usage as u (tenant_id, day, visitor, tokens)
                select tenant, today, who, reserve where reserve <= most
                on conflict (tenant_id, day, visitor) do update set tokens = u.tokens + reserve
                where u.tokens + reserve <= most;
                return found;
            end $$""",
    ),
    # What the turn really cost, less what was taken for it.
    "settle_visitor(who text, today date, difference bigint)": (
        CUSTOMER,
        f"""returns void language sql volatile {DEFINER} as $$
            insert into portal.visitor_usage as u (tenant_id, day, visitor, tokens)
            select portal.current_tenant(), today, who, greatest(difference, 0) where who is not null
            on conflict (tenant_id, day, visitor) do update set tokens = greatest(u.tokens + difference, 0) $$""",
    ),
    # True for exactly one caller a day and level.
    "mark_budget_told(today date, percent int)": (
        CUSTOMER,
        f"""returns boolean language plpgsql volatile {DEFINER} as $$
            begin
                update portal.tenant_usage u set told_percent = percent
                where u.tenant_id = portal.current_tenant() and u.day = today and u.told_percent < percent;
                return found;
            end $$""",
    ),
    # Where the owners of the current tenant are reached.
    "admin_addresses()": (
        WORKER,
        f"""returns setof text language sql stable {DEFINER} as $$
            select u.email from portal.tenant_memberships m join portal.users u on u.id = m.user_id
            where m.tenant_id = portal.current_tenant() and m.role = 'tenant_admin' and m.status = 'active'
              and u.disabled_at is null order by u.email $$""",
    ),
    # Yesterday's stay for turns that began before midnight.
    "forget_visitors()": (
        WORKER,
        f"""returns void language sql volatile {DEFINER} as $$
            delete from portal.visitor_usage where day < (now() at time zone 'utc')::date - 1 $$""",
    ),
}


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(f"grant select, insert, update, delete on portal.visitor_usage to {GATE}")
    op.execute(f"create policy {GATE}_all on portal.visitor_usage to {GATE} using (true) with check (true)")
    op.execute(f"set local role {GATE}")
    for signature, (caller, body) in FUNCTIONS.items():
        name, _, rest = signature.partition("(")
        types = ", ".join(argument.split(" ", 1)[1] for argument in rest.rstrip(")").split(", ") if argument)
        op.execute(f"create function portal.{signature} {body}")
        op.execute(f"revoke all on function portal.{name}({types}) from public")
        op.execute(f"grant execute on function portal.{name}({types}) to {caller}")
    op.execute("set local role portal_owner")
