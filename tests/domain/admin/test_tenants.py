"""Tenants for the platform: made, found, renamed, suspended, opened; and their domains."""

from typing import Any

import pytest

from portal.core import cache, tenant
from portal.core.errors import Conflict, Forbidden, InvalidArgument, NotFound
from portal.domain import onboarding, tenants
from portal.domain.admin import branding, domains, integrations, launch, profile, services
from portal.domain.admin import tenants as admin
from portal.domain.admin.edits import Outdated
from tests.domain.admin.conftest import Shop
from tests.factories import Sandbox
from tests.people import person


class TestCreate:
    def test_from_a_template(self, shop: Shop) -> None:
        made = admin.create(shop.operator, slug="New-Shop", name="New Shop", vertical="salon", timezone="Europe/Paris")
        assert (made.slug, made.status, made.vertical) == ("new-shop", "onboarding", "salon")
        site = tenants.site(made.id)
        assert site.services
        assert (site.profile.business_name, site.profile.timezone) == ("New Shop", "Europe/Paris")
        [entry] = shop.rows("select * from portal.audit_log where tenant_id = %s", made.id)
        assert (entry["action"], entry["actor_user_id"]) == ("tenant.created", shop.operator.user_id)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"slug": "admin"}, "slug"), ({"name": " "}, "name"), ({"vertical": "x"}, "vertical"),
            ({"timezone": "x"}, "timezone"),
        ],
    )  # fmt: skip
    def test_refused(self, shop: Shop, changes: dict[str, str], field: str) -> None:
        with pytest.raises(InvalidArgument) as caught:
            admin.create(shop.operator, **{"slug": "new-shop", "name": "New", **changes})
        assert caught.value.details["field"] == field

    def test_taken(self, shop: Shop) -> None:
        with pytest.raises(onboarding.SlugTaken):
            admin.create(shop.operator, slug="other", name="Again")

    def test_only_by_the_platform(self, shop: Shop) -> None:
        for who in (shop.owner, shop.staff):
            with pytest.raises(Forbidden):
                admin.create(who, slug="new-shop", name="New")
        assert len(shop.rows("select 1 from portal.tenants")) == 2


class TestList:
    def test_pages_search_and_status(self, shop: Shop) -> None:
        shop.rows(
            "insert into portal.tenants (slug, status) select 'bulk-' || lpad(n::text, 3, '0'),"
            " case n when 7 then 'suspended' when 8 then 'deleted' else 'active' end from generate_series(1, 20) n"
        )
        seen, after = [], None
        while True:
            page = admin.list_tenants(shop.operator, limit=6, after=after)
            seen += [line.slug for line in page.items]
            after = page.next
            if after is None:
                break
        assert seen == sorted(seen)
        assert len(seen) == 21
        assert "bulk-008" not in seen
        assert [line.slug for line in admin.list_tenants(shop.operator, status="suspended").items] == ["bulk-007"]
        assert [line.slug for line in admin.list_tenants(shop.operator, search="SHO").items] == ["shop"]
        assert admin.list_tenants(shop.operator, search="bulk_0%").items == ()
        with pytest.raises(InvalidArgument):
            admin.list_tenants(shop.operator, after="nonsense")
        with pytest.raises(InvalidArgument):
            admin.list_tenants(shop.operator, limit=1000)

    def test_only_for_the_platform(self, shop: Shop) -> None:
        for who in (shop.owner, shop.staff, shop.stranger):
            with pytest.raises(Forbidden):
                admin.list_tenants(who)


class TestStatus:
    def test_suspended_and_opened_at_once(self, shop: Shop) -> None:
        assert cache.cache.wait_until_live()

        def status() -> str:
            found = tenant.resolve("shop.localhost")
            assert found is not None
            return found.status

        read = admin.get(shop.operator, shop.id)
        assert status() == "active"
        closed = admin.suspend(shop.operator, shop.id, reason="Unpaid since May", version=read.version)
        assert (closed.status, closed.status_reason, status()) == ("suspended", "Unpaid since May", "suspended")
        assert admin.get(shop.owner, shop.id).status_reason == "Unpaid since May"
        assert admin.get(shop.staff, shop.id).status_reason is None
        with pytest.raises(Outdated):
            admin.activate(shop.operator, shop.id, version=read.version)
        with pytest.raises(admin.WrongStatus):
            admin.suspend(shop.operator, shop.id, reason="Again", version=closed.version)
        opened = admin.activate(shop.operator, shop.id, version=closed.version)
        assert (opened.status, opened.status_reason, status()) == ("active", None, "active")
        details = [entry["metadata"] for entry in shop.audit()]
        assert details[0] == {
            "changes": {"status": {"before": "active", "after": "suspended"}},
            "reason": "Unpaid since May",
        }

    def test_needs_a_reason(self, shop: Shop) -> None:
        with pytest.raises(InvalidArgument):
            admin.suspend(shop.operator, shop.id, reason=" ", version=admin.get(shop.operator, shop.id).version)

    def test_not_by_its_own_people(self, shop: Shop) -> None:
        version = admin.get(shop.owner, shop.id).version
        for who in (shop.owner, shop.staff):
            with pytest.raises(Forbidden):
                admin.suspend(who, shop.id, reason="x", version=version)
            with pytest.raises(Forbidden):
                admin.activate(who, shop.id, version=version)
        with pytest.raises(NotFound):
            admin.get(shop.stranger, shop.id)

    def test_renamed(self, shop: Shop) -> None:
        version = admin.get(shop.operator, shop.id).version
        assert tenant.resolve("shop.localhost") is not None
        with pytest.raises(onboarding.SlugTaken):
            admin.rename(shop.operator, shop.id, "other", version=version)
        with pytest.raises(Forbidden):
            admin.rename(shop.owner, shop.id, "shop-two", version=version)
        admin.rename(shop.operator, shop.id, "shop-two", version=version)
        assert tenant.resolve("shop.localhost") is None
        assert tenant.resolve("shop-two.localhost") is not None


class TestGoLive:
    def test_step_by_step(self, shop: Shop, sandbox: Sandbox, database: str) -> None:
        made = admin.create(shop.operator, slug="new-shop", name="New Shop")
        owner = person(database, "new@new.example", roles={made.id: "tenant_admin"}).principal
        named = admin.rename(owner, made.id, "newer-shop", version=made.version)

        def missing() -> list[str]:
            return [step.key for step in launch.checklist(owner, made.id).steps if not step.done]

        assert missing() == ["profile", "hours", "services", "calendar", "event_types", "branding"]
        with pytest.raises(launch.NotReady) as caught:
            admin.go_live(owner, made.id, version=named.version)
        assert caught.value.details["missing"] == ["profile", "hours", "services", "calendar", "event_types"]
        read = profile.get(owner, made.id)
        changes = {"phone": "+12125550142", "business_hours": {"mon": [["09:00", "17:00"]]}}
        profile.update(owner, made.id, changes, version=read.version)
        service = services.create(owner, made.id, {"name": "Cut", "duration_minutes": 30})
        assert missing() == ["calendar", "event_types", "branding"]
        connect(sandbox, owner, made.id)
        mapping = integrations.EventTypeMapping(service.id, 77, service.version)
        integrations.map_event_types(owner, made.id, [mapping])
        read_branding = branding.get(owner, made.id)
        branding.update(owner, made.id, {"primary_color": "#112233"}, version=read_branding.version)
        ready = launch.checklist(owner, made.id)
        assert (ready.ready, missing()) == (True, [])
        assert admin.go_live(owner, made.id, version=ready.version).status == "active"
        with pytest.raises(admin.WrongStatus):
            admin.go_live(owner, made.id, version=admin.get(owner, made.id).version)
        with pytest.raises(Forbidden):
            admin.rename(owner, made.id, "newest", version=admin.get(owner, made.id).version)

    def test_not_by_staff(self, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            launch.checklist(shop.staff, shop.id)


def connect(sandbox: Sandbox, who: Any, tenant_id: Any, key: str = "cal_live_new") -> None:
    account = {
        "api_key": key, "name": "New", "email": "new@new.example", "timezone": "America/New_York",
        "schedule": [{"days": [0, 1, 2], "start": "09:00", "end": "17:00"}],
        "event_types": [{"id": 77, "slug": "cut", "title": "Cut", "length_minutes": 30}],
    }  # fmt: skip
    sandbox.post("/_sandbox/calcom/accounts", account)
    integrations.set_calcom_key(who, tenant_id, key, version=integrations.get(who, tenant_id).version)


class TestDomains:
    def test_asked_for_and_given_up(self, shop: Shop) -> None:
        made = domains.add(shop.owner, shop.id, "https://Book.Exämple.com/")
        assert (made.hostname, made.tls_status, made.verified_at) == ("book.xn--exmple-cua.com", "pending", None)
        assert tenant.resolve(made.hostname) is None
        assert domains.list_domains(shop.owner, shop.id) == (made,)
        with pytest.raises(domains.HostnameTaken):
            domains.add(shop.stranger, shop.other.id, "book.exämple.com")
        with pytest.raises(NotFound):
            domains.remove(shop.stranger, shop.other.id, made.id)
        domains.remove(shop.owner, shop.id, made.id)
        assert domains.list_domains(shop.owner, shop.id) == ()
        assert [entry["action"] for entry in shop.audit()] == ["domain.added", "domain.removed"]

    @pytest.mark.parametrize(
        "name",
        [
            "localhost", "shop", "127.0.0.1", "[::1]", "x.localhost", "other.localhost", "a..b", "-a.com", "a.com:80",
            "a b.com", "a.internal", "x" * 64 + ".com", "", "10.0.0.300",
        ],
    )  # fmt: skip
    def test_refused(self, name: str) -> None:
        with pytest.raises(InvalidArgument):
            domains.clean_hostname(name)

    def test_there_is_a_most(self, shop: Shop) -> None:
        for number in range(domains.MOST):
            domains.add(shop.owner, shop.id, f"book{number}.example.com")
        with pytest.raises(Conflict, match="at most"):
            domains.add(shop.owner, shop.id, "one-more.example.com")

    def test_not_for_staff(self, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            domains.add(shop.staff, shop.id, "book.example.com")
        with pytest.raises(Forbidden):
            domains.list_domains(shop.staff, shop.id)
