"""Two businesses and their people, signed in with access tokens, in front of the real API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest

from portal.api.app import Api
from portal.api.dispatch import beside
from portal.api.middleware import wrap
from portal.core import cache
from portal.domain.accounts import Device, Kind, sessions
from portal.providers.identity import Proof
from tests.api.conftest import Caller, pages
from tests.factories import MadeTenant, Sandbox, TenantFactory
from tests.people import Person, person


@dataclass(frozen=True)
class SignedIn:
    """Somebody's program: every request carries their token."""

    caller: Caller
    person: Person
    token: str

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        authorization = {"Authorization": f"Bearer {self.token}"}
        return self.caller.ask(method, path, headers=authorization | (headers or {}), **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def json(self, method: str, path: str, expected: int, **options: Any) -> Any:
        """The answer's body, after checking its status."""
        answer = self.ask(method, path, **options)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None


@dataclass(frozen=True)
class Office:
    """``mine`` with owner and staff; ``theirs`` with its own owner; one who runs the platform."""

    mine: MadeTenant
    theirs: MadeTenant
    owner: SignedIn
    staff: SignedIn
    neighbour: SignedIn
    operator: SignedIn
    nobody: Caller
    url: str
    sandbox: Sandbox

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """As the database's administrator."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(statement.encode(), values)
            return done.fetchall() if done.description else []


@pytest.fixture
def office(tenants: TenantFactory, database: str, api: Api, visit: Callable[..., Caller]) -> Office:
    assert cache.cache.wait_until_live()
    tenants.sandbox.twilio()
    tenants.sandbox.stripe()
    mine = tenants.make("mine", faqs=(("Cards?", "Yes."),))
    theirs = tenants.make("theirs", services={"Secret cut": {}}, faqs=(("Secret?", "Secret answer."),))
    caller = visit(wrap(beside(pages, api)), mine.host)

    def signed_in(who: Person) -> SignedIn:
        proof = Proof(user_id=who.id, email=who.email)
        tokens = sessions.open_session(proof, Kind.TOKEN, Device("ip-hash")).tokens
        assert tokens is not None
        return SignedIn(caller, who, tokens.access_token)

    return Office(
        mine, theirs,
        owner=signed_in(person(database, "owner@mine.example", roles={mine.id: "tenant_admin"})),
        staff=signed_in(person(database, "staff@mine.example", roles={mine.id: "tenant_staff"})),
        neighbour=signed_in(person(database, "owner@theirs.example", roles={theirs.id: "tenant_admin"})),
        operator=signed_in(person(database, "operator@platform.example", platform=True)),
        nobody=caller, url=database, sandbox=tenants.sandbox,
    )  # fmt: skip
