"""States of the dashboard as the framework would hold them, for calling handlers without a browser."""

from typing import TypeVar
from uuid import UUID

import reflex as rx
from reflex.istate.data import RouterData

import portal.portal  # noqa: F401 - registers every page, and with them the parameters of addresses
from portal.domain import accounts
from portal.domain.accounts import Device, Kind
from tests.people import Person

S = TypeVar("S", bound=rx.State)
PASSWORD = "correct horse battery staple"


def at(state: type[S], tenant_id: UUID | str = "", *, cookie: str = "", path: str = "/admin/tenants/x") -> S:
    """The state of a tab at a business's page, opened with this session cookie."""
    root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
    root.router = RouterData.from_router_data(
        {
            "headers": {"host": "shop.localhost", "origin": "http://shop.localhost", "cookie": cookie},
            "ip": "203.0.113.7",
            "pathname": path,
            "asPath": path,
            "query": {"tenant_id": str(tenant_id)} if tenant_id else {},
        }
    )
    found: S = root.get_substate(state.get_full_name().split("."))  # type: ignore[assignment]
    return found


def cookie_of(person: Person) -> str:
    """A Cookie header with an open session of this person."""
    signed_in = accounts.sign_in(person.email, PASSWORD, device=Device("test"), kind=Kind.COOKIE)
    assert isinstance(signed_in, accounts.SignedIn)
    return f"theme=dark; {accounts.COOKIE_NAME}={signed_in.cookie}"
