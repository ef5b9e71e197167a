"""The SQL functions. Their bodies stand in ``portal/models/sql``, a file a subject, and nowhere else.

A file is plain SQL: it takes a role (``set local role portal_gate``), creates or replaces its functions and grants each
to the roles that may call it. ``portal migrate`` runs all files when one of them changed, after the migrations. A
function that no file grants can be called by nobody.

A migration that needs a function (for a policy, an index) runs its file then:
``op.get_bind().exec_driver_sql(functions.source("scope"))``.
Parameters or a result that change, and a function that goes, need a ``drop function`` in a migration besides.
"""

import psycopg
from psycopg import sql

from portal.core import schema

# Of every function, whoever owns it: what files do not grant anew is granted no more.
CLOSE = """
do $$
declare each regprocedure;
begin
    for each in select p.oid from pg_proc p
                where p.pronamespace = 'portal'::regnamespace and p.proowner = current_user::regrole loop
        execute format('revoke all on function %s from public, portal_customer, portal_member, portal_worker, '
                       'portal_identity, portal_operator', each);
    end loop;
end $$;
"""


def source(subject: str) -> str:
    """The SQL of one file. Bodies are not checked while it runs: they may name what comes later."""
    return f"set local check_function_bodies = off;\n{(schema.FUNCTIONS / f'{subject}.sql').read_text()}"


def subjects() -> list[str]:
    return sorted(path.stem for path in schema.FUNCTIONS.glob("*.sql"))


def apply(connection: "psycopg.Connection[tuple[str]]") -> bool:
    """Bring the functions to what the files say, in the open transaction; False when they are so already."""
    connection.execute("set local role portal_owner")
    digest = schema.functions_digest()
    if connection.execute("select digest from portal.schema_functions").fetchone() == (digest,):
        return False
    for owner in ("portal_gate", "portal_owner"):
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(owner)))
        connection.execute(CLOSE)
    for subject in subjects():
        connection.execute(sql.SQL(source(subject)))
    connection.execute("set local role portal_owner")
    connection.execute("delete from portal.schema_functions")
    connection.execute("insert into portal.schema_functions (digest) values (%s)", [digest])
    return True
