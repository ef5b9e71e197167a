"""The settings' forms: saving, errors at their fields, and two people at once."""

from collections.abc import Callable

import pytest

from portal.core.errors import InvalidArgument
from portal.domain import tenants as sites
from portal.web.admin.prices import as_price, price_text
from portal.web.admin.settings.assistant import AssistantState
from portal.web.admin.settings.branding import BrandingState
from portal.web.admin.settings.hours import HoursState
from portal.web.admin.settings.integrations_state import IntegrationsState
from portal.web.admin.settings.policies import PoliciesState
from portal.web.admin.settings.profile import ProfileState
from portal.web.admin.shell_state import ShellState
from tests.factories import MadeTenant, TenantFactory
from tests.people import person
from tests.web.admin.signed_in import PASSWORD, S, at, cookie_of
from tests.web.visitors import call

Tab = Callable[[type[S]], S]


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    return tenants.make(profile={"phone": "+12125550100"})


@pytest.fixture
def tab(shop: MadeTenant, database: str) -> "Tab[S]":
    """A page of the shop, as its admin sees it; each call is another tab."""
    cookie = cookie_of(person(database, roles={shop.id: "tenant_admin"}, password=PASSWORD))
    return lambda state: at(state, shop.id, cookie=cookie)


def said(state: ShellState) -> list[str]:
    return [toast.text for toast in state.toasts]


class TestProfile:
    def test_is_in_force_at_once(self, shop: MadeTenant, tab: "Tab[ProfileState]") -> None:
        page = tab(ProfileState)
        call(page, "load")
        call(page, "save", {**page.values, "tagline": "<b>Sharp</b>", "phone": "(212) 555-0199"})
        profile = sites.site(shop.id).profile
        assert (profile.tagline, profile.phone) == ("<b>Sharp</b>", "+12125550199")
        assert page.values["phone"] == "+12125550199"

    @pytest.mark.parametrize(
        ("field", "value"),
        [("phone", "12"), ("email", "nobody"), ("website_url", "javascript:alert(1)"), ("business_name", " ")],
    )
    def test_says_what_is_wrong_where(self, shop: MadeTenant, tab: "Tab[ProfileState]", field: str, value: str) -> None:
        page = tab(ProfileState)
        call(page, "load")
        call(page, "save", {**page.values, field: value})
        assert [name for name, error in page.errors.items() if error] == [field]
        assert page.focus_target.startswith(f"field-{field}|")
        assert sites.site(shop.id).profile.phone == "+12125550100"

    def test_unknown_fields_are_left_out(self, shop: MadeTenant, tab: "Tab[ProfileState]") -> None:
        page = tab(ProfileState)
        call(page, "load")
        call(page, "save", {**page.values, "tenant_id": "x", "business_hours": {}})
        assert sites.site(shop.id).profile.business_hours


class TestTwoAtOnce:
    def test_second_is_told_and_loses_nothing(self, shop: MadeTenant, tab: "Tab[ProfileState]") -> None:
        first, second = tab(ProfileState), tab(ProfileState)
        call(first, "load")
        call(second, "load")
        call(first, "save", {**first.values, "tagline": "First", "city": "Brooklyn"})
        call(second, "save", {**second.values, "tagline": "Second"})
        assert second.conflict == [{"label": "Tagline", "theirs": "First", "mine": "Second"}]
        assert sites.site(shop.id).profile.tagline == "First"

    def test_keep_mine_leaves_what_they_changed_elsewhere(self, shop: MadeTenant, tab: "Tab[ProfileState]") -> None:
        first, second = tab(ProfileState), tab(ProfileState)
        call(first, "load")
        call(second, "load")
        call(first, "save", {**first.values, "tagline": "First", "city": "Brooklyn"})
        call(second, "save", {**second.values, "tagline": "Second"})
        call(second, "keep_mine")
        profile = sites.site(shop.id).profile
        assert (profile.tagline, profile.city, second.conflict) == ("Second", "Brooklyn", [])

    def test_take_theirs(self, shop: MadeTenant, tab: "Tab[ProfileState]") -> None:
        first, second = tab(ProfileState), tab(ProfileState)
        call(first, "load")
        call(second, "load")
        call(first, "save", {**first.values, "tagline": "First"})
        call(second, "save", {**second.values, "tagline": "Second"})
        call(second, "take_theirs")
        assert (second.values["tagline"], second.conflict) == ("First", [])

    def test_hours(self, shop: MadeTenant, tab: "Tab[HoursState]") -> None:
        first, second = tab(HoursState), tab(HoursState)
        call(first, "load")
        call(second, "load")
        call(first, "toggle", "sun", False)
        call(first, "save")
        call(second, "toggle", "sat", False)
        call(second, "save")
        assert second.is_outdated
        assert "sun" not in sites.site(shop.id).profile.business_hours
        call(second, "save_anyway")
        assert "sat" not in sites.site(shop.id).profile.business_hours


class TestHours:
    def test_break_and_midnight(self, shop: MadeTenant, tab: "Tab[HoursState]") -> None:
        page = tab(HoursState)
        call(page, "load")
        call(page, "set_time", "mon", 0, "closes", "12:00")
        call(page, "add_span", "mon")
        call(page, "set_time", "mon", 1, "opens", "13:00")
        call(page, "set_time", "mon", 1, "closes", "00:00")
        call(page, "save")
        assert sites.site(shop.id).profile.business_hours["mon"] == [["09:00", "12:00"], ["13:00", "24:00"]]
        assert page.days[0].spans[1].closes == "00:00"

    def test_overlap_names_the_day(self, tab: "Tab[HoursState]") -> None:
        page = tab(HoursState)
        call(page, "load")
        call(page, "add_span", "tue")
        call(page, "set_time", "tue", 1, "opens", "10:00")
        call(page, "set_time", "tue", 1, "closes", "11:00")
        call(page, "save")
        assert page.problem.startswith("Tuesday: ")

    @pytest.mark.parametrize(
        "arguments", [("mon", 9, "opens", "09:00"), ("mon", 0, "seats", "1"), ("xyz", 0, "opens", "")]
    )
    def test_nonsense(self, tab: "Tab[HoursState]", arguments: tuple[object, ...]) -> None:
        page = tab(HoursState)
        call(page, "load")
        call(page, "set_time", *arguments)
        assert [toast.kind for toast in page.toasts] == ["error"]


class TestPolicies:
    def test_window(self, shop: MadeTenant, tab: "Tab[PoliciesState]") -> None:
        page = tab(PoliciesState)
        call(page, "load")
        call(page, "save", {**page.values, "cancel_window_minutes": "120"})
        assert sites.site(shop.id).policies.cancel_window_minutes == 120

    @pytest.mark.parametrize("window", ["-5", "soon", "99999999", ""])
    def test_no_window(self, tab: "Tab[PoliciesState]", window: str) -> None:
        page = tab(PoliciesState)
        call(page, "load")
        call(page, "save", {**page.values, "cancel_window_minutes": window})
        assert page.errors["cancel_window_minutes"]


class TestAssistant:
    def test_a_rule_a_line(self, shop: MadeTenant, tab: "Tab[AssistantState]") -> None:
        page = tab(AssistantState)
        call(page, "load")
        call(page, "save", {**page.values, "dont_do": "Never promise.\r\n\r\nNever guess."})
        assert sites.site(shop.id).assistant.dont_do == ("Never promise.", "Never guess.")


class TestBranding:
    def test_preview_stores_nothing(self, shop: MadeTenant, tab: "Tab[BrandingState]") -> None:
        page = tab(BrandingState)
        call(page, "load")
        before = page.light["--brand"]
        call(page, "try_color", "primary_color", "#aa0000")
        assert page.light["--brand"] == "#aa0000" != before
        assert sites.site(shop.id).branding.primary_color == before

    def test_save(self, shop: MadeTenant, tab: "Tab[BrandingState]") -> None:
        page = tab(BrandingState)
        call(page, "load")
        call(page, "try_color", "primary_color", "#AA0000")
        call(page, "save")
        assert sites.site(shop.id).branding.primary_color == "#aa0000"

    def test_no_color(self, tab: "Tab[BrandingState]") -> None:
        page = tab(BrandingState)
        call(page, "load")
        call(page, "try_color", "primary_color", "red;}")
        call(page, "save")
        assert page.errors["primary_color"]


class TestIntegrations:
    def test_key_is_never_shown(self, shop: MadeTenant, tab: "Tab[IntegrationsState]") -> None:
        page = tab(IntegrationsState)
        call(page, "load")
        call(page, "save_calcom", {"api_key": shop.cal_key})
        call(page, "ask_calendar")
        assert page.calcom_set.startswith("Set on ")
        assert [row.name for row in page.rows] == ["Haircut"]
        assert shop.cal_key not in repr(page.dict()) + repr(vars(page))

    def test_wrong_key(self, shop: MadeTenant, tab: "Tab[IntegrationsState]") -> None:
        page = tab(IntegrationsState)
        call(page, "load")
        call(page, "save_calcom", {"api_key": "cal_live_not_a_key"})
        assert page.errors["api_key"] == "Cal.com does not accept this key."
        assert not page.is_asking
        assert "cal_live_not_a_key" not in repr(page.dict()) + repr(vars(page))


class TestUndo:
    def test_sends_the_event_of_the_message(self, tab: "Tab[ShellState]") -> None:
        page = tab(ShellState)
        page._say("Gone.", undo=ShellState.find("text"))
        assert page.toasts[0].undo == "Undo"
        (event,) = call(page, "undo", page.toasts[0].id)
        assert event.handler.fn.__name__ == "find"
        assert page.toasts == []

    def test_only_once_and_only_what_was_offered(self, tab: "Tab[ShellState]") -> None:
        assert call(tab(ShellState), "undo", "0123") == []


class TestPrices:
    @pytest.mark.parametrize(
        ("text", "currency", "cents"),
        [
            ("35", "USD", 3500),
            ("35.5", "USD", 3550),
            ("35,50", "EUR", 3550),
            ("0", "USD", 0),
            ("", "USD", None),
            ("900", "JPY", 900),
        ],
    )
    def test_as_price(self, text: str, currency: str, cents: int | None) -> None:
        assert as_price(text, currency) == cents

    @pytest.mark.parametrize("text", ["-1", "1e3", "35.555", "free", "1.2.3", "٣", "9" * 30])
    def test_no_price(self, text: str) -> None:
        with pytest.raises(InvalidArgument):
            as_price(text, "USD")

    @pytest.mark.parametrize(("cents", "text"), [(3500, "35"), (3550, "35.50"), (None, ""), (0, "0")])
    def test_price_text(self, cents: int | None, text: str) -> None:
        assert price_text(cents, "USD") == text
