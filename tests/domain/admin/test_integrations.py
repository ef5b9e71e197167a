"""Keys go in, are tried, and never come out; and they survive a change of SECRET_KEY."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.core import cache, clock, queue, secrets
from portal.core.errors import CalendarUnavailable, Forbidden, InvalidArgument, NotConnected, NotFound
from portal.core.ids import new_id
from portal.core.secrets import SecretUnreadable
from portal.domain import availability
from portal.domain import integrations as accounts
from portal.domain.admin import integrations, rotation, services, sms_settings
from portal.domain.admin.edits import Outdated
from portal.domain.admin.integrations import EventTypeMapping
from portal.providers.twilio import MessagingUnavailable
from tests.domain.admin.conftest import Shop
from tests.domain.admin.test_tenants import connect
from tests.factories import TWILIO, Sandbox

OLD_KEY = "an-older-secret-key-0123456789abcdef"


def version(shop: Shop) -> str:
    return integrations.get(shop.owner, shop.id).version


class TestCalcom:
    def test_set_shown_and_used(self, shop: Shop, sandbox: Sandbox) -> None:
        assert cache.cache.wait_until_live()
        read = integrations.get(shop.owner, shop.id)
        assert (read.calcom.is_set, read.calcom.set_by) == (True, None)
        assert accounts.calcom(shop.id).me().name == "shop"
        connect(sandbox, shop.owner, shop.id)
        after = integrations.get(shop.owner, shop.id)
        assert after.calcom.set_by == "owner@shop.example"
        assert after.calcom.set_at is not None
        assert clock.now() - after.calcom.set_at < timedelta(minutes=1)
        # In force at once, and the old key is gone from the vault.
        account = integrations.calcom_account(shop.owner, shop.id)
        assert [(each.id, each.title) for each in account.event_types] == [(77, "Cut")]
        kept = shop.rows("select secret from vault.secrets where name like %s", f"{shop.id}:%")
        assert sorted(row["secret"] == "discarded" for row in kept) == [False, True]
        assert "cal_live_new" not in repr((after, account, shop.audit(), kept))

    def test_wrong_key_is_not_stored(self, shop: Shop) -> None:
        before = shop.rows("select * from portal.tenant_integrations where tenant_id = %s", shop.id)
        for wrong in ("cal_live_unknown", "x", "with space in it", "", "ké-ké-ké-ké"):
            with pytest.raises(InvalidArgument) as caught:
                integrations.set_calcom_key(shop.owner, shop.id, wrong, version=version(shop))
            assert caught.value.details["field"] == "api_key"
            assert not wrong or wrong not in str(caught.value.as_dict("r"))
        assert shop.rows("select * from portal.tenant_integrations where tenant_id = %s", shop.id) == before
        assert shop.audit() == []

    def test_calendar_away(self, shop: Shop, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", times=20, status=503)
        with pytest.raises(CalendarUnavailable):
            integrations.set_calcom_key(shop.owner, shop.id, "cal_live_new", version=version(shop))
        assert shop.audit() == []

    def test_removed(self, shop: Shop) -> None:
        assert cache.cache.wait_until_live()
        read = integrations.get(shop.owner, shop.id)
        after = integrations.remove_calcom_key(shop.owner, shop.id, version=read.version)
        assert not after.calcom.is_set
        with pytest.raises(NotConnected):
            integrations.calcom_account(shop.owner, shop.id)
        with pytest.raises(Outdated):
            integrations.remove_calcom_key(shop.owner, shop.id, version=read.version)
        assert [entry["action"] for entry in shop.audit()] == ["integration.calcom_key_removed"]

    def test_not_for_staff_or_strangers(self, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            integrations.get(shop.staff, shop.id)
        with pytest.raises(Forbidden):
            integrations.set_calcom_key(shop.staff, shop.id, shop.tenant.cal_key, version=version(shop))
        with pytest.raises(NotFound):
            integrations.calcom_account(shop.stranger, shop.id)


class TestMapping:
    def test_all_or_none(self, shop: Shop, sandbox: Sandbox) -> None:
        [cut, trim] = services.list_services(shop.owner, shop.id).items
        ids = (cut.cal_event_type_id, trim.cal_event_type_id)
        sandbox.change_event_type(shop.tenant.cal_key, ids[1] or 0, lengthInMinutes=30)
        turned = [EventTypeMapping(cut.id, ids[1], cut.version), EventTypeMapping(trim.id, None, trim.version)]
        integrations.map_event_types(shop.owner, shop.id, turned)
        after = services.list_services(shop.owner, shop.id).items
        assert [each.cal_event_type_id for each in after] == [ids[1], None]
        assert len(shop.audit()) == 2
        with pytest.raises(Outdated):
            integrations.map_event_types(shop.owner, shop.id, turned[:1])
        for wrong in (
            [EventTypeMapping(cut.id, 999_999, after[0].version)],
            [EventTypeMapping(cut.id, ids[0], after[0].version)] * 2,
        ):
            with pytest.raises(InvalidArgument):
                integrations.map_event_types(shop.owner, shop.id, wrong)
        good = EventTypeMapping(cut.id, ids[0], after[0].version)
        unknown = EventTypeMapping(shop.other.service_id, ids[0], "x")
        with pytest.raises(NotFound):
            integrations.map_event_types(shop.owner, shop.id, [good, unknown])
        assert services.list_services(shop.owner, shop.id).items == after


class TestTwilio:
    def test_set_and_removed(self, shop: Shop, sandbox: Sandbox) -> None:
        sandbox.twilio()
        after = integrations.set_twilio(shop.owner, shop.id, **TWILIO, version=version(shop))
        assert (after.twilio.is_set, after.twilio.set_by) == (True, "owner@shop.example")
        assert after.twilio_messaging_service_sid == TWILIO["messaging_service_sid"]
        stored = shop.rows("select secret from vault.secrets where name like %s", f"{shop.id}:twilio%")
        assert len(stored) == 2
        assert TWILIO["auth_token"] not in repr((stored, shop.audit(), after))
        queue.drain()
        assert sms_settings.get(shop.owner, shop.id).a2p_status == "approved"
        gone = integrations.remove_twilio(shop.owner, shop.id, version=after.version)
        queue.drain()
        assert sms_settings.get(shop.owner, shop.id).a2p_status == "unknown"
        assert (gone.twilio.is_set, gone.twilio_messaging_service_sid) == (False, None)
        kept = shop.rows("select secret from vault.secrets where name like %s", f"{shop.id}:twilio%")
        assert {row["secret"] for row in kept} == {"discarded"}

    def test_the_only_service_is_taken(self, shop: Shop, sandbox: Sandbox) -> None:
        sandbox.twilio()
        after = integrations.set_twilio(
            shop.owner, shop.id, **TWILIO | {"messaging_service_sid": None}, version=version(shop)
        )
        assert after.twilio_messaging_service_sid == TWILIO["messaging_service_sid"]

    @pytest.mark.parametrize(("address", "expected"), [(None, None), ("https://crm.example/in",) * 2])
    def test_answers_come_to_us_unless_they_go_elsewhere(
        self, shop: Shop, sandbox: Sandbox, address: str | None, expected: str | None
    ) -> None:
        sandbox.twilio(service={"inbound_request_url": address})
        integrations.set_twilio(shop.owner, shop.id, **TWILIO, version=version(shop))
        [account] = sandbox.get("/_sandbox/twilio/accounts")["accounts"]
        ours = "http://shop.localhost:8000/v1/webhooks/twilio/inbound"
        assert account["services"][0]["inbound_request_url"] == (expected or ours)

    @pytest.mark.parametrize(
        ("account", "field"),
        [
            ({"auth_token": "e" * 32}, "auth_token"),
            ({"status": "suspended"}, "account_sid"),
            ({"service": {"sid": "MG" + "2" * 32}}, "messaging_service_sid"),
        ],
    )
    def test_not_accepted(self, shop: Shop, sandbox: Sandbox, account: dict[str, Any], field: str) -> None:
        sandbox.twilio(**account)
        with pytest.raises(InvalidArgument) as caught:
            integrations.set_twilio(shop.owner, shop.id, **TWILIO, version=version(shop))
        assert caught.value.details["field"] == field
        assert TWILIO["auth_token"] not in str(caught.value.as_dict("r"))
        assert not integrations.get(shop.owner, shop.id).twilio.is_set
        assert shop.audit() == []

    @pytest.mark.parametrize("services", [[], ["MG" + "1" * 32, "MG" + "2" * 32]])
    def test_no_only_service(self, shop: Shop, sandbox: Sandbox, services: list[str]) -> None:
        sandbox.twilio(services=[{"sid": sid} for sid in services])
        with pytest.raises(InvalidArgument) as caught:
            integrations.set_twilio(
                shop.owner, shop.id, **TWILIO | {"messaging_service_sid": None}, version=version(shop)
            )
        assert caught.value.details["field"] == "messaging_service_sid"

    def test_twilio_away(self, shop: Shop, sandbox: Sandbox) -> None:
        sandbox.twilio()
        sandbox.fault(provider="twilio", times=20, status=503)
        with pytest.raises(MessagingUnavailable):
            integrations.set_twilio(shop.owner, shop.id, **TWILIO, version=version(shop))
        assert shop.audit() == []

    @pytest.mark.parametrize("field", list(TWILIO))
    def test_refused(self, shop: Shop, field: str) -> None:
        with pytest.raises(InvalidArgument) as caught:
            integrations.set_twilio(shop.owner, shop.id, **(TWILIO | {field: "nonsense"}), version=version(shop))
        assert caught.value.details["field"] == field


class TestRotation:
    def test_new_key_reads_what_the_old_one_sealed(
        self, shop: Shop, sandbox: Sandbox, configure: Callable[..., None]
    ) -> None:
        sandbox.twilio()
        configure(SECRET_KEY=OLD_KEY)
        integrations.set_twilio(shop.owner, shop.id, **TWILIO, version=version(shop))
        token = secrets.sign("manage", {"t": "x"}, ttl_seconds=60)
        configure(SECRET_KEY="a-newer-secret-key-0123456789abcdef", SECRET_KEY_PREVIOUS=OLD_KEY)
        assert secrets.verify("manage", token)["t"] == "x"
        done = rotation.rotate_all()
        # The Cal.com keys of both tenants were sealed under a third key: they are told, not lost.
        assert (done.tenants, done.secrets) == (2, 2)
        assert {name for _, name in done.unreadable} == {accounts.CALCOM_KEY}
        configure(SECRET_KEY_PREVIOUS="")
        assert opened(shop, "twilio_auth_token") == TWILIO["auth_token"]
        configure(SECRET_KEY=OLD_KEY)
        with pytest.raises(SecretUnreadable):
            opened(shop, "twilio_auth_token")

    def test_calendar_works_on(self, shop: Shop, configure: Callable[..., None]) -> None:
        configure(
            SECRET_KEY="a-newer-secret-key-0123456789abcdef",
            SECRET_KEY_PREVIOUS="tests-only-secret-key-0123456789abcdef",
        )
        assert rotation.rotate_all().unreadable == ()
        configure(SECRET_KEY_PREVIOUS="")
        day = (clock.now() + timedelta(days=2)).date()
        assert availability.slots_for_day(shop.id, shop.tenant.service_id, day)
        [entry] = shop.audit()
        assert (entry["action"], entry["metadata"]) == ("secrets.rotated", {"names": ["calcom_api_key"]})

    def test_second_factors(self, shop: Shop, configure: Callable[..., None]) -> None:
        configure(SECRET_KEY=OLD_KEY)
        user = shop.owner.user_id
        sealed = secrets.seal(user, "totp", "JBSWY3DPEHPK3PXP")
        shop.rows("update portal.users set totp_secret = %s where id = %s", sealed, user)
        configure(SECRET_KEY="a-newer-secret-key-0123456789abcdef", SECRET_KEY_PREVIOUS=OLD_KEY)
        assert rotation.rotate_all().second_factors == 1
        configure(SECRET_KEY_PREVIOUS="")
        [row] = shop.rows("select totp_secret from portal.users where id = %s", user)
        assert secrets.open_sealed(user, "totp", row["totp_secret"]) == "JBSWY3DPEHPK3PXP"


def opened(shop: Shop, name: str) -> Any:
    [row] = shop.rows(
        f"select {accounts.COLUMNS[name]} as id from portal.tenant_integrations where tenant_id = %s", shop.id
    )
    [stored] = shop.rows("select decrypted_secret from vault.decrypted_secrets where id = %s", row["id"])
    return secrets.open_sealed(shop.id, name, stored["decrypted_secret"])


def test_other_tenants_secret_cannot_be_discarded(shop: Shop) -> None:
    from portal.core import db

    [row] = shop.rows(
        "select cal_api_key_secret_id as id from portal.tenant_integrations where tenant_id = %s", shop.other.id
    )
    with db.member(shop.owner.user_id, shop.id).begin() as scope:
        scope.execute("select portal.discard_secret(:id)", id=row["id"])
        scope.execute("select portal.discard_secret(:id)", id=new_id())
    [kept] = shop.rows("select secret from vault.secrets where id = %s", row["id"])
    assert kept["secret"] != "discarded"
