"""How little ground the application's login stands on, read from the catalogue; and all of the wall as one text.

``schema.txt`` beside this says which functions, policies and grants there are, so that a change of them is seen where
it is reviewed. ``python -m tests.models.test_ground`` writes it anew.
"""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from portal.core import schema
from portal.core.settings import get_settings
from portal.models import functions, migrate
from portal.runtime.temporary import temporary_postgres

Catalogue = psycopg.Connection[tuple[str]]
WRITTEN = Path(__file__).with_name("schema.txt")
LOGIN = ("portal_app", "portal_customer", "portal_member", "portal_worker", "portal_identity")
OURS = (*LOGIN, "portal_operator", "portal_gate", "portal_owner")
# Line by line, in an order that no server's locale changes.
DUMP = {
    "roles": """
        select format('%s%s%s', rolname, case when rolcanlogin then ' login' end,
                      (select ' member of ' || string_agg(g.rolname, ', ' order by g.rolname collate "C")
                       from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid))
        from pg_roles r where rolname = any (@ours)""",
    "schema and tables": """
        select format('%s: %s may %s', kind || ' ' || name, grantee::regrole, verbs) from (
            select 'schema' as kind, nspname::text as name, a.grantee,
                   string_agg(lower(a.privilege_type), ', ' order by a.privilege_type collate "C") as verbs
            from pg_namespace, aclexplode(nspacl) a
            where nspname in ('portal', 'vault', 'extensions') and a.grantee::regrole::text = any (@ours)
            group by nspname, a.grantee
            union all
            select 'table', relname, a.grantee,
                   string_agg(lower(a.privilege_type), ', ' order by a.privilege_type collate "C")
            from pg_class, aclexplode(relacl) a
            where relnamespace = 'portal'::regnamespace and relkind in ('r', 'v', 'S') and a.grantee <> relowner
            group by relname, a.grantee) grants""",
    "policies": """
        select format('%s %s on %s to %s%s%s', case permissive when 'PERMISSIVE' then 'policy' else 'restrictive' end
                      || ' ' || policyname, 'for ' || lower(cmd), tablename, array_to_string(roles, ', '),
                      ' using ' || regexp_replace(qual, '\\s+', ' ', 'g'),
                      ' check ' || regexp_replace(with_check, '\\s+', ' ', 'g'))
        from pg_policies where schemaname = 'portal'""",
    "functions": """
        select format('%s(%s) returns %s: %s of %s%s for %s', proname,
                      pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), l.lanname,
                      proowner::regrole, case when prosecdef then ', definer,' end,
                      coalesce((select string_agg(coalesce(nullif(a.grantee, 0)::regrole::text, 'public'), ', '
                                                  order by a.grantee::regrole::text collate "C")
                                from aclexplode(coalesce(proacl, acldefault('f', proowner))) a
                                where a.grantee <> proowner), 'no other role'))
        from pg_proc p join pg_language l on l.oid = prolang where pronamespace = 'portal'::regnamespace""",
}


def dump(connection: Catalogue) -> str:
    """Roles, grants, policies and functions of the schema, as text."""
    parts = []
    for title, query in DUMP.items():
        ordered = f'select line from ({query}) q(line) order by line collate "C"'
        rows = connection.execute(sql.SQL(ordered.replace("@ours", f"'{{{','.join(OURS)}}}'")))  # type: ignore[arg-type]
        parts.append("\n".join([f"# {title}", *(row[0] for row in rows), ""]))
    return "\n".join(parts)


@pytest.fixture
def catalogue(database: str) -> Iterator[Catalogue]:
    with psycopg.connect(database) as connection:
        yield connection


def column(catalogue: Catalogue, query: str) -> list[Any]:
    return [row[0] for row in catalogue.execute(sql.SQL(query))]  # type: ignore[arg-type]


class TestSchema:
    def test_is_as_written(self, catalogue: Catalogue) -> None:
        found, written = dump(catalogue), WRITTEN.read_text()
        changes = "\n".join(difflib.unified_diff(written.splitlines(), found.splitlines(), lineterm="", n=0))
        assert found == written, f"`python -m tests.models.test_ground` writes it anew:\n{changes}"

    def test_every_function_stands_in_one_file(self, catalogue: Catalogue) -> None:
        files = "\n".join(functions.source(subject) for subject in functions.subjects())
        defined = re.findall(r"^create or replace function portal\.(\w+)", files, re.MULTILINE)
        there = "select proname from pg_proc where pronamespace = 'portal'::regnamespace"
        assert sorted(defined) == sorted(column(catalogue, there))

    def test_bodies_name_what_there_is(self, catalogue: Catalogue) -> None:
        """The files run unchecked while a migration is under way; here they are checked."""
        for subject in functions.subjects():
            checked = functions.source(subject).replace("check_function_bodies = off", "check_function_bodies = on")
            catalogue.execute(sql.SQL(checked))  # type: ignore[arg-type]  # fmt: skip

    def test_functions_are_brought_to_what_the_files_say(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            before = dump(connection)
            assert not functions.apply(connection)
            connection.execute("reset role")
            connection.execute("update portal.schema_functions set digest = 'older'")
            connection.execute("grant execute on function portal.find_login to public, portal_customer")
            other = (
                "create or replace function portal.current_tenant() returns uuid language sql as 'select null::uuid'"
            )
            connection.execute(other)
            assert dump(connection) != before
            assert functions.apply(connection)
            assert dump(connection) == before
            connection.rollback()

    def test_an_older_digest_is_behind(self, database: str) -> None:
        app_url = get_settings().database_url
        change = "update portal.schema_functions set digest = %s"
        with psycopg.connect(database, autocommit=True) as connection:
            assert schema.is_at_head(app_url)
            connection.execute(change, ["older"])
            assert not schema.is_at_head(app_url)
            connection.execute(change, [schema.functions_digest()])


class TestGround:
    def test_no_temporary_tables_and_no_schemas(self, catalogue: Catalogue) -> None:
        for role in LOGIN:
            may = "select p from unnest(array['temporary', 'create']) p"
            of_database = f"{may} where has_database_privilege('{role}', current_database(), p)"
            assert column(catalogue, of_database) == []
            of_schemas = f"select nspname from pg_namespace where has_schema_privilege('{role}', oid, 'create')"
            assert column(catalogue, of_schemas) == []

    def test_no_large_objects(self, catalogue: Catalogue) -> None:
        names = "proname like 'lo\\_%' or proname in ('loread', 'lowrite')"
        for role in LOGIN:
            query = (
                f"select proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace and ({names})"
                f" and has_function_privilege('{role}', oid, 'execute')"
            )
            assert column(catalogue, query) == []

    def test_functions_are_for_named_roles(self, catalogue: Catalogue) -> None:
        public = (
            "select proname from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) a"
            " where pronamespace in ('portal'::regnamespace, 'vault'::regnamespace) and a.grantee = 0"
        )
        assert column(catalogue, public) == []

    def test_a_new_function_is_for_nobody(self, catalogue: Catalogue) -> None:
        for owner in ("portal_owner", "portal_gate"):
            catalogue.execute(f"set role {owner}")  # type: ignore[arg-type]
            catalogue.execute("create function portal.brand_new() returns int language sql as 'select 1'")
            catalogue.execute("reset role")
            for role in LOGIN:
                may = f"select has_function_privilege('{role}', 'portal.brand_new()', 'execute')"
                assert column(catalogue, may) == [False]
            catalogue.execute("drop function portal.brand_new()")
        catalogue.rollback()

    def test_paths_are_pinned(self, catalogue: Catalogue) -> None:
        loose = (
            "select proname from pg_proc where pronamespace = 'portal'::regnamespace"
            " and not coalesce(proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']"
        )
        assert column(catalogue, loose) == []

    def test_functions_ask_for_their_scope(self, catalogue: Catalogue) -> None:
        """Whatever a role may call that crosses the wall: first of all, or by what it calls."""
        asking = (
            "sealed_scope|unbound_scope|current_tenant|acting_tenant|member_role|member_tenant|require_tenant_admin"
        )
        trusting = (
            "select proname from pg_proc, aclexplode(proacl) a where pronamespace = 'portal'::regnamespace"
            f" and prosecdef and a.grantee <> proowner and prosrc !~ 'portal.({asking})'"
        )
        assert set(column(catalogue, trusting)) == {"schema_version", "scope_fault"}

    def test_foreign_keys_have_an_index(self, catalogue: Catalogue) -> None:
        """One that begins with its columns in any order; it may pass over rows where the reference is empty."""
        lacking = """
            select format('%s (%s)', c.conrelid::regclass, string_agg(a.attname, ', '))
            from pg_constraint c
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
            where c.contype = 'f' and c.connamespace = 'portal'::regnamespace and not exists (
                select 1 from pg_index i
                where i.indrelid = c.conrelid and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
                  and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$'))
            group by c.oid, c.conrelid"""
        assert column(catalogue, lacking) == []

    def test_one_policy_for_a_role_and_verb(self, catalogue: Catalogue) -> None:
        several = (
            "select format('%s %s %s', tablename, role, cmd) from pg_policies, unnest(roles) role"
            " where schemaname = 'portal' group by tablename, role, cmd having count(*) > 1"
        )
        assert column(catalogue, several) == []


if __name__ == "__main__":
    with temporary_postgres() as server:
        migrate.bootstrap(server.url(), "schema")
        migrate.upgrade(server.url())
        with psycopg.connect(server.url()) as made:
            WRITTEN.write_text(dump(made))
