"""Host → tenant."""

import time
from unittest.mock import ANY  # matches the id only: nothing is replaced

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import cache, tenant
from portal.core.tenant import normalise, resolve
from tests.factories import TenantFactory, insert


class TestNormalise:
    @pytest.mark.parametrize(
        ("host", "name"),
        [
            ("shop.localhost", "shop.localhost"),
            ("SHOP.LocalHost:8000", "shop.localhost"),
            ("shop.localhost.", "shop.localhost"),
            ("shop.localhost.:8000", "shop.localhost"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            (" shop.localhost ", "shop.localhost"),
            ("", None),
            (None, None),
            ("[::1]:8000", None),
            ("shop.localhost:80a", None),
            ("shop..localhost", None),
            ("a/b", None),
            ("x" * 64 + ".localhost", None),
            ("shop_1.localhost", None),
            ("shop\n.localhost", None),
            ("user@shop.localhost", None),
        ],
    )
    def test_examples(self, host: str | None, name: str | None) -> None:
        assert normalise(host) == name

    @given(st.text(max_size=300))
    def test_never_fails_and_is_stable(self, host: str) -> None:
        name = normalise(host)
        assert name is None or (normalise(name) == name and name.isascii() and name == name.lower())


class TestResolve:
    def test_subdomain_and_own_domain(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        with psycopg.connect(tenants.admin_url, autocommit=True) as connection:
            for hostname, verified in (("book.shop.example", "now"), ("new.shop.example", None)):
                insert(
                    connection, "tenant_domains",
                    tenant_id=shop.id, hostname=hostname, domain_type="custom", verified_at=verified,
                )  # fmt: skip
        for host in ("shop.localhost", "SHOP.localhost:8000", "shop.localhost.", "Book.Shop.example:443"):
            assert resolve(host) == tenant.TenantRef(shop.id, "shop", "active")
        for host in (
            "new.shop.example",
            "other.localhost",
            "localhost",
            "a.shop.localhost",
            "shop.localhost.evil.example",
        ):
            assert resolve(host) is None

    def test_kept_and_dropped_at_once(self, tenants: TenantFactory) -> None:
        cache.cache.wait_until_live()
        shop = tenants.make()
        cache.cache.wait_until_live()
        time.sleep(0.1)  # the word of the new tenant drops what is kept, a moment later
        assert resolve("shop.localhost") is not None
        assert resolve("ghost.localhost") is None
        with psycopg.connect(tenants.admin_url, autocommit=True) as connection:
            connection.execute("update portal.tenants set status = 'suspended'")
        assert tenant.peek("SHOP.localhost:8000") == tenant.TenantRef(shop.id, "shop", "active")
        assert tenant.peek("ghost.localhost") is tenant.UNKNOWN
        tenant.forget(shop.id)
        assert tenant.peek("shop.localhost") is None
        found = resolve("shop.localhost")
        assert found == tenant.TenantRef(ANY, "shop", "suspended")
        assert not found.is_open

    def test_deleted_tenant_is_unknown(self, tenants: TenantFactory) -> None:
        tenants.make("gone", status="deleted", calendar=False)
        assert resolve("gone.localhost") is None
