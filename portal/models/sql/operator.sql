-- Operators' commands (`portal tenant`, `admin`, `seed`) act as portal_operator, which stands above the wall: an owner
-- of the database is bound by forced policies like everybody, unless the server made them a superuser. Only the owner
-- may take this role. Every table is open to it but the seal's keys.
set local role portal_owner;

do $$
declare each record;
begin
    for each in
        select c.oid::regclass as name from pg_class c
        where c.relnamespace = 'portal'::regnamespace and c.relkind = 'r' and c.relrowsecurity
          and c.relname <> 'scope_keys'
    loop
        execute format('grant select, insert, update, delete on %s to portal_operator', each.name);
        execute format('drop policy if exists portal_operator_all on %s', each.name);
        execute format('create policy portal_operator_all on %s to portal_operator using (true) with check (true)',
                       each.name);
    end loop;
end $$;
