"""One business with an owner and staff, people elsewhere, and what it takes to sign them in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest

from portal.core import cache
from portal.core.ids import new_id
from portal.domain.accounts import Device
from portal.runtime.valkey import EmbeddedValkey
from tests.factories import insert
from tests.people import Person, person

PASSWORD = "correct horse battery"
DEVICE = Device("ip-hash", "a browser")


@dataclass(frozen=True)
class Business:
    """Two tenants; ``owner`` and ``staff`` belong to the first."""

    url: str
    id: UUID
    other: UUID
    owner: Person
    staff: Person
    stranger: Person
    operator: Person

    def run(self, statement: str, *values: Any) -> Any:
        """As the database's administrator; the rows, if there are any."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(statement, values)
            return done.fetchall() if done.description else None

    def audit(self) -> list[str]:
        return [row[0] for row in self.run("select action from portal.audit_log order by created_at, id")]


@pytest.fixture
def business(database: str, valkey: EmbeddedValkey) -> Business:
    assert cache.cache.wait_until_live()
    first, second = new_id(), new_id()
    with psycopg.connect(database, autocommit=True) as connection:
        for tenant_id, slug in ((first, "shop"), (second, "elsewhere")):
            insert(connection, "tenants", id=tenant_id, slug=slug)
            insert(connection, "tenant_profiles", tenant_id=tenant_id, business_name=slug.title())
    return Business(
        database, first, second,
        person(database, "owner@shop.example", roles={first: "tenant_admin"}, password=PASSWORD),
        person(database, "staff@shop.example", roles={first: "tenant_staff"}, password=PASSWORD),
        person(database, "owner@elsewhere.example", roles={second: "tenant_admin"}, password=PASSWORD),
        person(database, "admin@platform.example", platform=True, password=PASSWORD),
    )  # fmt: skip


@pytest.fixture
def token_of() -> Callable[[str], str]:
    """The token in a link's address."""
    return lambda url: url.partition("?token=")[2]
