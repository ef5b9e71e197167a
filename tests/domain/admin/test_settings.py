"""Profile, branding, policies and assistant: edited, recorded, in force at once, and never lost."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.core import cache
from portal.core.errors import Forbidden, InvalidArgument, NotFound
from portal.domain import tenants
from portal.domain.admin import assistant, branding, policies, profile
from portal.domain.admin.edits import Outdated
from tests.domain.admin.conftest import Shop

# Module, a change, and how the site says it.
CASES: list[tuple[Any, dict[str, Any], Callable[[tenants.Site], Any]]] = [
    (profile, {"business_name": "Bob & Söhne"}, lambda site: site.profile.business_name),
    (branding, {"primary_color": "#123abc"}, lambda site: site.branding.primary_color),
    (policies, {"late_policy": "Please be <b>on time</b>."}, lambda site: site.policies.late_policy),
    (assistant, {"tone": "Like a pirate."}, lambda site: site.assistant.tone),
]


@pytest.mark.parametrize(("module", "changes", "shown"), CASES)
class TestUpdate:
    def test_is_in_force_and_recorded(self, shop: Shop, module: Any, changes: dict[str, Any], shown: Any) -> None:
        assert cache.cache.wait_until_live()
        [(field, value)] = changes.items()
        before = module.get(shop.owner, shop.id)
        assert shown(tenants.site(shop.id)) != value
        after = module.update(shop.owner, shop.id, changes, version=before.version)
        assert getattr(after, field) == value
        assert after.version > before.version
        assert shown(tenants.site(shop.id)) == value
        [entry] = shop.audit()
        assert entry["actor_user_id"] == shop.owner.user_id
        assert entry["metadata"] == {"changes": {field: {"before": getattr(before, field), "after": value}}}
        assert module.get(shop.owner, shop.id) == after

    def test_second_of_two_gets_a_conflict(self, shop: Shop, module: Any, changes: dict[str, Any], shown: Any) -> None:
        [(field, value)] = changes.items()
        read = module.get(shop.owner, shop.id)
        first = module.update(shop.operator, shop.id, changes, version=read.version)
        with pytest.raises(Outdated) as caught:
            module.update(shop.owner, shop.id, changes, version=read.version)
        assert caught.value.details["current"][field] == value
        assert caught.value.details["version"] == first.version
        assert len(shop.audit()) == 1

    def test_same_values_change_nothing(self, shop: Shop, module: Any, changes: dict[str, Any], shown: Any) -> None:
        read = module.get(shop.owner, shop.id)
        same = {field: getattr(read, field) for field in changes}
        assert module.update(shop.owner, shop.id, same, version=read.version) == read
        assert shop.audit() == []

    def test_only_for_its_admins(self, shop: Shop, module: Any, changes: dict[str, Any], shown: Any) -> None:
        version = module.get(shop.owner, shop.id).version
        with pytest.raises(Forbidden):
            module.update(shop.staff, shop.id, changes, version=version)
        with pytest.raises(NotFound):
            module.update(shop.stranger, shop.id, changes, version=version)
        with pytest.raises(NotFound):
            module.get(shop.stranger, shop.id)
        assert shop.audit() == []

    def test_unknown_field(self, shop: Shop, module: Any, changes: dict[str, Any], shown: Any) -> None:
        version = module.get(shop.owner, shop.id).version
        with pytest.raises(InvalidArgument):
            module.update(shop.owner, shop.id, {"tenant_id": str(shop.other.id)}, version=version)


class TestProfile:
    def test_whole(self, shop: Shop) -> None:
        read = profile.get(shop.owner, shop.id)
        changes = {
            "timezone": "Europe/Berlin", "country": "DE", "phone": "030 901820", "email": "Hallo@Shop.example.com",
            "website_url": "https://shop.example", "business_hours": {"mon": [["10:00", "19:00"]]}, "city": "Berlin",
            "tagline": "",
        }  # fmt: skip
        after = profile.update(shop.owner, shop.id, changes, version=read.version)
        assert (after.phone, after.email, after.tagline) == ("+4930901820", "hallo@shop.example.com", None)
        assert after.business_hours == {"mon": [["10:00", "19:00"]]}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("business_name", " "), ("timezone", "Nowhere"), ("phone", "x"), ("website_url", "javascript:1"),
            ("business_hours", {"mon": [["09:00", "10:00"], ["09:30", "11:00"]]}),
        ],
    )  # fmt: skip
    def test_refused(self, shop: Shop, field: str, value: Any) -> None:
        read = profile.get(shop.owner, shop.id)
        with pytest.raises(InvalidArgument) as caught:
            profile.update(shop.owner, shop.id, {field: value, "city": "X"}, version=read.version)
        assert caught.value.details["field"].startswith(field)
        assert profile.get(shop.owner, shop.id) == read


class TestAssistant:
    def test_counts_todays_tokens(self, shop: Shop) -> None:
        shop.rows(
            "insert into portal.tenant_usage (tenant_id, day, input_tokens, output_tokens, cache_read_tokens)"
            " values (%s, (now() at time zone 'utc')::date, 10, 5, 30)",
            shop.id,
        )
        assert assistant.get(shop.owner, shop.id).tokens_today == 18

    def test_dont_do(self, shop: Shop) -> None:
        read = assistant.get(shop.owner, shop.id)
        after = assistant.update(shop.owner, shop.id, {"dont_do": ["Lie.", " ", "Flirt."]}, version=read.version)
        assert after.dont_do == ["Lie.", "Flirt."]
