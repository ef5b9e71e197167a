"""The demo's people: there to sign in, left alone once changed, and never made in production."""

from collections.abc import Callable
from typing import Any

import psycopg

from portal.core import db
from portal.domain import accounts, demo_people
from portal.domain.accounts import Device, SignedIn
from portal.domain.demo_tenants import TENANTS
from portal.runtime.valkey import EmbeddedValkey
from tests.factories import insert

DEVICE = Device("ip-hash")


def seed(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for demo in TENANTS:
            connection.execute("delete from portal.tenants where id = %s", [demo.id])
            insert(connection, "tenants", id=demo.id, slug=demo.slug)
    with db.as_owner(url) as rows:
        demo_people.seed(rows)


def people(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute("select email, display_name from portal.users order by email").fetchall()


class TestSeed:
    def test_everybody_can_sign_in(self, database: str, valkey: EmbeddedValkey) -> None:
        seed(database)
        slug = TENANTS[0].slug
        for email, roles in (
            (demo_people.ADMIN, []),
            (demo_people.owner_of(slug), ["tenant_admin"]),
            (demo_people.staff_of(slug), ["tenant_staff"]),
        ):
            opened = accounts.sign_in(email, demo_people.PASSWORD, device=DEVICE)
            assert isinstance(opened, SignedIn)
            assert opened.principal.is_platform_admin is (email == demo_people.ADMIN)
            assert [tenant.role for tenant in accounts.me(opened.principal).tenants] == roles

    def test_repeating_changes_nothing(self, database: str, valkey: EmbeddedValkey) -> None:
        seed(database)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("update portal.users set display_name = 'Mine' where email = %s", [demo_people.ADMIN])
        before = people(database)
        with db.as_owner(database) as rows:
            demo_people.seed(rows)
        assert people(database) == before

    def test_not_in_production(self, database: str, valkey: EmbeddedValkey, change_keys: Callable[..., None]) -> None:
        change_keys(
            ENVIRONMENT="production", SECRET_KEY="a-production-secret-of-enough-characters",
            BASE_DOMAIN="portal.example", ANTHROPIC_API_KEY="key", SANDBOX="false",
        )  # fmt: skip
        seed(database)
        assert people(database) == []
