"""A business with a calendar, its people, and a stranger from the business next door."""

from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from portal.core.auth import Principal
from tests.factories import MadeTenant, TenantFactory
from tests.people import person

SERVICES = {
    "Haircut": {"duration_minutes": 30, "price_cents": 3500},
    "Beard trim": {"duration_minutes": 20, "price_cents": 2000},
}


@dataclass(frozen=True)
class Shop:
    """``owner`` and ``staff`` are its own; ``stranger`` owns ``other``; ``operator`` runs the platform."""

    tenant: MadeTenant
    other: MadeTenant
    owner: Principal
    staff: Principal
    stranger: Principal
    operator: Principal
    url: str

    @property
    def id(self) -> Any:
        return self.tenant.id

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """As the database's administrator."""
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
            done = connection.execute(statement.encode(), values)
            return done.fetchall() if done.description else []

    def audit(self) -> list[dict[str, Any]]:
        """The shop's entries, oldest first."""
        return self.rows("select * from portal.audit_log where tenant_id = %s order by created_at, id", self.id)


@pytest.fixture
def shop(tenants: TenantFactory, database: str) -> Shop:
    own = tenants.make("shop", services=SERVICES, faqs=(("Cards?", "Yes."), ("Dogs?", "No.")))
    other = tenants.make("other", services={"Other cut": {}}, faqs=(("Other?", "Yes."),))
    return Shop(
        own, other,
        owner=person(database, "owner@shop.example", roles={own.id: "tenant_admin"}).principal,
        staff=person(database, "staff@shop.example", roles={own.id: "tenant_staff"}).principal,
        stranger=person(database, "owner@other.example", roles={other.id: "tenant_admin"}).principal,
        operator=person(database, "operator@platform.example", platform=True).principal,
        url=database,
    )  # fmt: skip
