"""Text messages in words, and the form of their settings between its inputs and the domain."""

import pytest

from portal.domain.admin import sms_settings
from portal.domain.admin.edits import Outdated
from portal.domain.admin.messages import Cost
from portal.domain.notifications.templates import DEFAULTS
from portal.domain.notifications.types import Kind, State
from portal.web.admin.messages import rows, settings_form
from tests.factories import TenantFactory
from tests.people import Person, person

WORDS = "See you on {date} at {time}."


class TestRows:
    @pytest.mark.parametrize(
        ("micros", "currency", "shown"),
        [
            (7_900, "USD", "$0.0079"),
            (0, "USD", "$0.00"),
            (500_000, "USD", "$0.50"),
            (12_340_000, "EUR", "€12.34"),
            (7_500, "CHF", "0.0075 CHF"),
        ],
    )
    def test_money(self, micros: int, currency: str, shown: str) -> None:
        assert rows.money(Cost(currency, micros)) == shown

    def test_errors(self) -> None:
        assert rows.error_words(None) == ""
        assert rows.error_words(30007) == "The carrier took it for spam. (Error 30007)"
        assert rows.error_words(12345) == "Twilio reports an error. (Error 12345)"

    def test_every_state_and_kind_has_a_place(self) -> None:
        grouped = [state for _, states in rows.GROUPS.values() for state in states]
        assert sorted(grouped) == sorted(State)
        assert set(rows.STATES) == set(State)
        assert set(rows.KINDS) == set(Kind)


class TestForm:
    @pytest.fixture
    def owner(self, tenants: TenantFactory, database: str) -> tuple[Person, sms_settings.SmsSettingsForm]:
        shop = tenants.make("shop")
        who = person(database, "owner@shop.example", roles={shop.id: "tenant_admin"})
        self.shop = shop.id
        return who, sms_settings.get(who.principal, shop.id)

    def test_there_and_back(self, owner: tuple[Person, sms_settings.SmsSettingsForm]) -> None:
        who, stored = owner
        texts = settings_form.as_texts(vars(stored), stored.defaults)
        assert (texts["enabled"], texts["reminder_hours"], texts["quiet_start"]) == ("on", "24, 2", "21:00")
        assert texts["template_confirmation"] == DEFAULTS[Kind.CONFIRMATION]
        sent = {name: text for name, text in texts.items() if text}
        assert settings_form.typed(sent) == texts
        assert settings_form.typed({})["enabled"] == ""
        after = settings_form.store(who.principal, self.shop, texts, version=stored.version)
        assert settings_form.as_texts(vars(after), after.defaults) == texts
        # Our own words are not stored as theirs.
        assert after.templates == {}

    def test_one_text_leaves_the_others(self, owner: tuple[Person, sms_settings.SmsSettingsForm]) -> None:
        who, stored = owner
        for name in ("template_confirmation", "template_reschedule"):
            stored = settings_form.store(who.principal, self.shop, {name: WORDS}, version=stored.version)
        assert stored.templates == {"confirmation": WORDS, "reschedule": WORDS}
        emptied = settings_form.store(who.principal, self.shop, {"template_confirmation": ""}, version=stored.version)
        assert emptied.templates == {"reschedule": WORDS}

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reminder_hours": "soon"}, "reminder_hours"),
            ({"reminder_hours": ""}, "reminder_hours"),
            ({"reminder_hours": "24, 12, 2"}, "reminder_hours"),
            ({"quiet_start": "9 pm"}, "quiet_start"),
            ({"template_reschedule": "Reply YES"}, "template_reschedule"),
        ],
    )
    def test_refused_at_its_input(
        self, owner: tuple[Person, sms_settings.SmsSettingsForm], changes: dict[str, str], field: str
    ) -> None:
        who, stored = owner
        with pytest.raises(settings_form.InvalidArgument) as caught:
            settings_form.store(who.principal, self.shop, changes, version=stored.version)
        assert caught.value.details == {"field": field}

    def test_somebody_was_faster(self, owner: tuple[Person, sms_settings.SmsSettingsForm]) -> None:
        who, stored = owner
        settings_form.store(who.principal, self.shop, {"reminder_hours": "12"}, version=stored.version)
        with pytest.raises(Outdated) as caught:
            settings_form.store(who.principal, self.shop, {"reminder_hours": "36"}, version=stored.version)
        assert caught.value.details["current"]["reminder_hours"] == "12"
        assert caught.value.details["current"]["template_confirmation"] == DEFAULTS[Kind.CONFIRMATION]
