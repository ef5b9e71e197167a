"""What stands before every handler of the dashboard, asked of all of them: any client may send any event."""

import inspect
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, as_id, login_address, session_token
from portal.web.admin.settings.policies import PoliciesState
from portal.web.admin.settings.profile import ProfileState
from tests.factories import TenantFactory
from tests.people import person
from tests.web.admin.signed_in import PASSWORD, at, cookie_of
from tests.web.visitors import acall, call, run

#: The framework's own handler of each state: it calls ``set_<anything>`` by name, see TestSetvar.
BUILT_IN = "setvar"
#: Handlers that need no right at any business: what concerns oneself, or the frame.
FOR_EVERYBODY = {"ShellState", "StartState", "AccountState"}
SOME_ID = UUID("8d5d3ac7-9d9b-4a36-9d8a-0d3f4f6c2b11")
PLAUSIBLE: dict[Any, Any] = {str: str(SOME_ID), int: 0, bool: True}


def states(of: type[AdminState] = AdminState) -> Iterator[type[AdminState]]:
    for state in of.__subclasses__():
        yield state
        yield from states(state)


HANDLERS = sorted(
    {(state, name) for state in states() for name in state.event_handlers if name in vars(state) and name != BUILT_IN},
    key=lambda each: (each[0].__name__, each[1]),
)
NAMES = [f"{state.__name__}.{name}" for state, name in HANDLERS]


def arguments(state: type[AdminState], name: str) -> list[Any]:
    handler = state.event_handlers[name]
    hints = handler._get_type_hints()
    names = list(inspect.signature(handler.fn).parameters)[1:]
    return [PLAUSIBLE.get(hints[each], [] if "list" in str(hints[each]) else {}) for each in names]


def shown(state: AdminState) -> dict[str, Any]:
    """All that the browser is told, without messages."""
    skipped = ("toasts", "focus_target")
    return {name: getattr(state, name) for name in state.vars if name not in skipped and not name.startswith("rx_")}


def is_login(event: Any) -> bool:
    return "/admin/login" in str(event)


@pytest.mark.parametrize(("state", "name"), HANDLERS, ids=NAMES)
class TestEveryHandler:
    def test_is_guarded(self, state: type[AdminState], name: str) -> None:
        guarded = state.event_handlers[name].fn
        assert hasattr(guarded, "__admin_action__"), "use @admin_event"
        action = guarded.__admin_action__
        assert isinstance(action, Action) or state.__name__ in FOR_EVERYBODY


class TestSetvar:
    @pytest.mark.parametrize("state", sorted(states(), key=str))
    def test_reaches_no_unguarded_code(self, state: type[AdminState]) -> None:
        reachable = [name for name in dir(state) if name.startswith("set_") and name != "set_is_hydrated"]
        # What it calls it never awaits: of a coroutine function nothing runs.
        assert all(inspect.iscoroutinefunction(state.event_handlers[name].fn) for name in reachable)


class TestWithoutSession:
    """One database for all handlers, as making one takes longer than asking them."""

    @pytest.mark.parametrize("cookie", ["", "portal_session=forged", "portal_session=a; portal_session=b"])
    def test_leads_to_the_login_page(self, tenants: TenantFactory, cookie: str) -> None:
        shop = tenants.make()

        async def ask_all() -> list[str]:
            return [
                name
                for (state, handler), name in zip(HANDLERS, NAMES, strict=True)
                if not await refused(state, handler)
            ]

        async def refused(state: type[AdminState], name: str) -> bool:
            tab = at(state, shop.id, cookie=cookie)
            before = shown(tab)
            outcome = await acall(tab, name, *arguments(state, name))
            return len(outcome) == 1 and is_login(outcome[0]) and shown(tab) == before

        assert HANDLERS
        assert run(ask_all()) == []


class TestOfAnotherTenant:
    def test_changes_and_shows_nothing(self, tenants: TenantFactory, database: str) -> None:
        mine, other = tenants.make("mine"), tenants.make("other")
        me = person(database, roles={mine.id: "tenant_admin"}, password=PASSWORD)
        cookie, before = cookie_of(me), rows_of(database)

        async def ask_all() -> list[str]:
            asked = [each for each in zip(HANDLERS, NAMES, strict=True) if each[0][0].__name__ not in FOR_EVERYBODY]
            return [name for (state, handler), name in asked if not await refused(state, handler)]

        async def refused(state: type[AdminState], name: str) -> bool:
            tab = at(state, other.id, cookie=cookie)
            shown_before = shown(tab)
            outcome = [each for each in await acall(tab, name, *arguments(state, name)) if each is not None]
            return not outcome and shown(tab) == shown_before and [toast.kind for toast in tab.toasts] == ["error"]

        assert run(ask_all()) == []
        assert rows_of(database) == before


class TestStaff:
    def test_may_not_change_settings(self, tenants: TenantFactory, database: str) -> None:
        shop = tenants.make()
        cookie = cookie_of(person(database, roles={shop.id: "tenant_staff"}, password=PASSWORD))
        tab = at(PoliciesState, shop.id, cookie=cookie)
        assert call(tab, "save", {"late_policy": "Free cakes"}) == []
        assert [toast.text for toast in tab.toasts] == ["You may not do that."]

    def test_shut_out_at_once(self, tenants: TenantFactory, database: str) -> None:
        shop = tenants.make()
        owner = person(database, roles={shop.id: "tenant_admin"}, password=PASSWORD)
        tab = at(ProfileState, shop.id, cookie=cookie_of(owner))
        call(tab, "load")
        assert tab.values["business_name"] == "Shop"
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("update portal.tenant_memberships set status = 'disabled'")
        from portal.domain.permissions import forget_memberships

        forget_memberships()
        call(tab, "save", {"business_name": "Mine"})
        assert [toast.kind for toast in tab.toasts] == ["error"]


class TestArguments:
    @pytest.mark.parametrize("nonsense", [None, 1, "text", ["list"], {1: 2}, {"business_name": "x" * 100_000}])
    def test_of_a_wrong_shape(self, tenants: TenantFactory, database: str, nonsense: Any) -> None:
        shop = tenants.make()
        tab = at(
            ProfileState,
            shop.id,
            cookie=cookie_of(person(database, roles={shop.id: "tenant_admin"}, password=PASSWORD)),
        )
        assert call(tab, "save", nonsense) == []
        assert [toast.kind for toast in tab.toasts] == ["error"]

    def test_too_many(self, tenants: TenantFactory, database: str) -> None:
        shop = tenants.make()
        tab = at(
            ProfileState,
            shop.id,
            cookie=cookie_of(person(database, roles={shop.id: "tenant_admin"}, password=PASSWORD)),
        )
        assert call(tab, "save", {}, "more") == []
        assert [toast.kind for toast in tab.toasts] == ["error"]


class TestSessionToken:
    @pytest.mark.parametrize(
        ("header", "token"),
        [
            ("portal_session=abc", "abc"),
            ("a=b; portal_session=abc; c=d", "abc"),
            ("", ""),
            ("a=b", ""),
            ("portal_session=abc; portal_session=def", ""),
            ("xportal_session=abc", ""),
            ("portal_session", ""),
        ],
    )
    def test_of_a_header(self, header: str, token: str) -> None:
        assert session_token(header) == token


class TestAsId:
    def test_a_uuid(self) -> None:
        known = SOME_ID
        assert as_id(str(known)) == known

    @pytest.mark.parametrize("text", ["", "x", "1", f"{{{SOME_ID}}}", SOME_ID.hex, f"{SOME_ID}/.."])
    def test_anything_else(self, text: str) -> None:
        from portal.core.errors import NotFound

        with pytest.raises(NotFound):
            as_id(text)


class TestLoginAddress:
    def test_back_to_the_page(self) -> None:
        assert (
            login_address("/admin/tenants/1/faqs", "q=a&b=c")
            == "/admin/login?next=/admin/tenants/1/faqs%3Fq%3Da%26b%3Dc"
        )

    @pytest.mark.parametrize("path", ["/book", "/admin/login", "//evil.example", "https://evil.example/admin/"])
    def test_never_elsewhere(self, path: str) -> None:
        assert login_address(path) == "/admin/login"


def rows_of(database: str) -> list[Any]:
    """Everything that an admin could have changed."""
    tables = (
        "tenants", "tenant_profiles", "tenant_branding", "tenant_policies", "tenant_ai_settings", "tenant_services",
        "tenant_faqs", "tenant_integrations", "tenant_memberships", "bookings", "audit_log",
    )  # fmt: skip
    with psycopg.connect(database) as connection:
        return [connection.execute(f"select t::text from portal.{table} t order by 1").fetchall() for table in tables]
