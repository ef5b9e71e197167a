"""Creating a business from its template, by whoever may, and opening and closing its site."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import ProgrammingError

from portal.core import db, tenant
from portal.core.errors import InvalidArgument, NotFound
from portal.core.settings import get_settings
from portal.domain import demo, onboarding, tenants
from portal.domain.onboarding import Status
from tests.people import person

pytestmark = pytest.mark.usefixtures("database", "valkey")
SHOP = {"slug": "corner-cuts", "name": "Corner Cuts", "vertical": "salon", "timezone": "Europe/Berlin"}


def owner_url() -> str:
    return get_settings().database_owner_url


def create(**changes: str) -> onboarding.Business:
    business = onboarding.checked(**SHOP | changes)
    with db.as_owner(owner_url()) as rows:
        onboarding.create(rows, business)
    return business


def change_status(slug: str, status: Status) -> onboarding.TenantRow:
    with db.as_owner(owner_url()) as rows:
        return onboarding.change_status(rows, slug, status)


class TestChecked:
    @pytest.mark.parametrize(
        ("field", "value"),
        [("slug", "Not A Slug"), ("slug", "admin"), ("name", "  "), ("timezone", "Mars/Base"), ("vertical", "bakery")],
    )
    def test_refused_with_the_field(self, field: str, value: str) -> None:
        with pytest.raises(InvalidArgument) as caught:
            onboarding.checked(**SHOP | {field: value})
        assert caught.value.details == {"field": field}


class TestCreate:
    def test_site_comes_from_the_template(self) -> None:
        site = tenants.site(create().id)
        assert (site.status, site.vertical, site.profile.timezone) == ("onboarding", "salon", "Europe/Berlin")
        assert site.profile.business_name == "Corner Cuts"
        assert "Haircut" in [service.name for service in site.services]
        assert site.faqs
        assert site.policies.cancel_window_minutes == 240
        assert "Promise a particular barber." in site.assistant.dont_do

    def test_without_a_template_the_site_is_bare(self) -> None:
        site = tenants.site(create(vertical="general").id)
        assert (site.services, site.faqs, site.profile.business_hours) == ((), (), {})

    def test_name_in_use_leaves_nothing_behind(self) -> None:
        create()
        with pytest.raises(onboarding.SlugTaken):
            create(name="Another")
        with db.as_owner(owner_url()) as rows:
            assert [row.business_name for row in onboarding.listing(rows)] == ["Corner Cuts"]

    def test_is_recorded(self) -> None:
        business = create()
        with db.as_owner(owner_url()) as rows:
            entry = rows.execute("select action, actor_type, tenant_id from portal.audit_log").one()
        assert tuple(entry) == ("tenant.created", "system", business.id)

    def test_platform_admin_may_and_is_named(self) -> None:
        admin = person(owner_url(), "admin@platform.example", platform=True)
        business = onboarding.checked(**SHOP)
        with db.member(admin.id, business.id).begin() as scope:
            onboarding.create(scope, business)
        assert tenants.site(business.id).services
        with db.as_owner(owner_url()) as rows:
            assert rows.execute("select actor_user_id from portal.audit_log").scalar() == admin.id

    def test_nobody_else_may(self) -> None:
        someone = person(owner_url(), "owner@shop.example", roles={create().id: "tenant_admin"})
        business = replace(onboarding.checked(**SHOP), slug="another-shop")
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            db.member(someone.id, business.id).begin() as scope,
        ):
            onboarding.create(scope, business)


class TestChangeStatus:
    def test_is_in_force_at_once(self) -> None:
        create()
        assert tenant.resolve("corner-cuts.localhost").status == "onboarding"  # type: ignore[union-attr]
        change_status("corner-cuts", Status.ACTIVE)
        assert tenant.resolve("corner-cuts.localhost").is_open  # type: ignore[union-attr]
        change_status("corner-cuts", Status.SUSPENDED)
        assert tenant.resolve("corner-cuts.localhost").status == "suspended"  # type: ignore[union-attr]

    def test_unknown(self) -> None:
        with pytest.raises(NotFound, match="no tenant 'nowhere'"):
            change_status("nowhere", Status.ACTIVE)

    def test_new_tenant_answers_though_its_host_was_asked_for_before(self) -> None:
        assert tenant.resolve("corner-cuts.localhost") is None
        create()
        assert tenant.resolve("corner-cuts.localhost") is not None


class TestSeed:
    def test_repeating_keeps_what_was_edited(self) -> None:
        demo.seed(owner_url())
        with db.as_owner(owner_url()) as rows:
            rows.execute("update portal.tenant_profiles set business_name = 'Robert' where business_name like 'Bob%'")
        demo.seed(owner_url())
        with db.as_owner(owner_url()) as rows:
            names = [row.business_name for row in onboarding.listing(rows)]
        assert names == ["Robert", "Bright Smile Dental", "Peak Fitness", "Reliable Plumbing"]

    def test_services_are_numbered_in_the_templates_order(self) -> None:
        first = demo.seed(owner_url())[0]
        numbers = [service.cal_event_type_id for service in tenants.site(first.id).services]
        assert numbers == list(range(101, 101 + len(numbers)))
