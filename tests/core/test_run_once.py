"""One statement in one round trip has the same walls as a scope, and leaves nothing behind."""

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.core import db
from portal.core.ids import new_id
from tests.factories import TenantFactory

COUNT = "select count(*) as n from portal.tenant_profiles"


@pytest.fixture
def made(tenants: TenantFactory) -> tuple[db.Access, db.Access]:
    return tuple(db.customer(tenants.make(slug, calendar=False).id) for slug in ("one", "two"))  # type: ignore[return-value]


class TestRunOnce:
    def test_sees_what_its_scope_sees(self, made: tuple[db.Access, db.Access]) -> None:
        assert made[0].run_once(COUNT)[0].n == 1
        assert made[0].run_once("select tenant_id from portal.tenant_profiles")[0].tenant_id == made[0].tenant_id
        assert db.nobody().run_once(COUNT)[0].n == 0

    def test_values_are_only_values(self, made: tuple[db.Access, db.Access]) -> None:
        evil = "'; drop table portal.tenants; -- %s %(x)s :now \\"
        assert made[0].run_once("select %(said)s::text as said", said=evil)[0].said == evil

    def test_role_and_tenant_end_with_it(self, made: tuple[db.Access, db.Access]) -> None:
        made[0].run_once(COUNT)
        left = "select current_user, coalesce(current_setting('app.tenant_id', true), '')"
        with db.engine().connect() as connection:
            assert tuple(connection.exec_driver_sql(left).one()) == ("portal_app", "")
        with made[1].begin() as scope:
            assert scope.execute("select tenant_id from portal.tenant_profiles").scalar() == made[1].tenant_id

    def test_is_committed(self, made: tuple[db.Access, db.Access]) -> None:
        session_id = new_id()
        access = db.customer(made[0].tenant, session_id=session_id)
        insert = "insert into portal.chat_sessions (id, tenant_id) values (%(id)s, %(tenant)s)"
        assert access.run_once(insert, id=session_id, tenant=access.tenant) == []
        with access.begin() as scope:
            assert scope.execute("select count(*) from portal.chat_sessions").scalar() == 1

    def test_a_failure_undoes_it_and_harms_nobody(self, made: tuple[db.Access, db.Access]) -> None:
        with pytest.raises(DBAPIError):
            made[0].run_once("select 1 / 0")
        with pytest.raises(DBAPIError):
            made[0].run_once("delete from portal.tenants")
        assert made[0].run_once(COUNT)[0].n == 1
        with made[0].begin() as scope:
            assert scope.execute(COUNT).scalar() == 1

    def test_a_lost_connection_is_replaced(self, made: tuple[db.Access, db.Access], tenants: TenantFactory) -> None:
        made[0].run_once(COUNT)
        with psycopg.connect(tenants.admin_url, autocommit=True) as admin:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'portal_app'")
        with pytest.raises(OperationalError):
            made[0].run_once(COUNT)
        assert made[0].run_once(COUNT)[0].n == 1
