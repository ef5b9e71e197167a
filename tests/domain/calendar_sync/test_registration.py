"""Our webhook in a tenant's Cal.com account: made once, found again, put right, taken away."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.core import cache, db, queue
from portal.core.errors import NotConnected
from portal.domain import calendar_sync, integrations
from portal.domain.admin import integrations as admin
from portal.domain.calendar_sync import webhook_url
from tests.domain.calendar_sync.conftest import Office
from tests.people import person

URL = "http://127.0.0.1:8000/v1/webhooks/calcom/shop"


def hooks(office: Office) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.client.get("/webhooks").json()["data"]
    return found


def register(office: Office) -> None:
    with db.worker(office.tenant.id).begin() as scope:
        scope.enqueue("register_calcom_webhook", dedup_key="register")
    assert queue.drain() >= 1
    assert office.rows("select * from portal.job_failures") == []


class TestRegister:
    def test_with_a_secret_of_ours(self, office: Office) -> None:
        assert cache.cache.wait_until_live()
        register(office)
        [hook] = hooks(office)
        assert (hook["subscriberUrl"], hook["active"]) == (URL, True)
        assert {"BOOKING_CREATED", "BOOKING_CANCELLED", "MEETING_ENDED"} <= set(hook["triggers"])
        assert hook["secret"] == integrations.calcom_webhook_secret(office.tenant.id)
        assert len(hook["secret"]) >= 32
        [row] = office.rows("select cal_webhook_id, cal_webhook_url from portal.tenant_integrations")
        assert row == {"cal_webhook_id": hook["id"], "cal_webhook_url": URL}
        kept = office.rows("select secret from vault.secrets")
        assert hook["secret"] not in repr(kept)

    def test_again_changes_nothing(self, office: Office) -> None:
        register(office)
        [before] = hooks(office)
        register(office)
        assert hooks(office) == [before]

    def test_answer_lost(self, office: Office) -> None:
        match = {"method": "POST", "path_regex": "/webhooks"}
        office.sandbox.fault(provider="calcom", match=match, times=1, lost_reply=True)
        with db.worker(office.tenant.id).begin() as scope:
            job = scope.enqueue("register_calcom_webhook", dedup_key="register")
        assert job is not None
        assert queue.run_claimed(job) == "retry"
        office.rows("update portal.jobs set run_at = now()")
        assert queue.run_claimed(job) == "done"
        assert len(hooks(office)) == 1

    def test_put_right(self, office: Office) -> None:
        register(office)
        [hook] = hooks(office)
        change = {"active": False, "triggers": ["BOOKING_PAID"], "secret": "another"}
        office.client.patch(f"/webhooks/{hook['id']}", json=change).raise_for_status()
        register(office)
        assert hooks(office) == [hook]

    def test_another_address_takes_the_same_one(self, office: Office) -> None:
        register(office)
        [hook] = hooks(office)
        office.rows("update portal.tenants set slug = 'renamed'")
        register(office)
        assert [(each["id"], each["subscriberUrl"]) for each in hooks(office)] == [
            (hook["id"], URL.replace("shop", "renamed"))
        ]

    def test_gone_there(self, office: Office) -> None:
        register(office)
        [hook] = hooks(office)
        office.client.delete(f"/webhooks/{hook['id']}").raise_for_status()
        register(office)
        assert len(hooks(office)) == 1

    def test_key_refused_is_no_failure(self, office: Office) -> None:
        office.sandbox.post("/_sandbox/reset", {})
        register(office)

    def test_unregister(self, office: Office) -> None:
        register(office)
        calendar_sync.unregister(db.worker(office.tenant.id))
        assert hooks(office) == []
        calendar_sync.unregister(db.worker(office.tenant.id))


class TestByHand:
    """What storing and removing the key in the dashboard leads to."""

    def test_connected_and_taken_away(self, office: Office, database: str) -> None:
        assert cache.cache.wait_until_live()
        owner = person(database, "owner@shop.example", roles={office.tenant.id: "tenant_admin"}).principal
        there = office.book(10)
        read = admin.get(owner, office.tenant.id)
        read = admin.set_calcom_key(owner, office.tenant.id, office.tenant.cal_key, version=read.version)
        queue.drain()
        assert len(hooks(office)) == 1
        # What was booked there before is here now, and nobody's open form was disturbed.
        assert [row["cal_booking_uid"] for row in office.bookings()] == [there]
        assert admin.get(owner, office.tenant.id).version == read.version
        secret = integrations.calcom_webhook_secret(office.tenant.id)
        read = admin.remove_calcom_key(owner, office.tenant.id, version=read.version)
        assert (read.calcom.is_set, hooks(office)) == (False, [])
        assert integrations.kept_webhook_secret(office.tenant.id) is None
        with pytest.raises(NotConnected):
            integrations.calcom_webhook_secret(office.tenant.id)
        admin.set_calcom_key(owner, office.tenant.id, office.tenant.cal_key, version=read.version)
        queue.drain()
        [hook] = hooks(office)
        assert hook["secret"] == integrations.calcom_webhook_secret(office.tenant.id) != secret

    def test_taken_away_while_the_calendar_is_away(self, office: Office, database: str) -> None:
        owner = person(database, "owner@shop.example", roles={office.tenant.id: "tenant_admin"}).principal
        register(office)
        office.sandbox.fault(provider="calcom", match={"method": "DELETE"}, times=1, status=503)
        read = admin.get(owner, office.tenant.id)
        assert not admin.remove_calcom_key(owner, office.tenant.id, version=read.version).calcom.is_set


class TestCheck:
    def test_enqueues_what_is_due(self, office: Office) -> None:
        def check() -> int:
            with db.worker().begin() as scope:
                scope.enqueue("check_calcom_webhooks")
            return queue.drain()

        assert check() == 2
        assert len(hooks(office)) == 1
        assert check() == 1
        office.rows("update portal.tenant_integrations set cal_webhook_checked_at = now() - interval '25 hours'")
        assert check() == 2


class TestAddress:
    def test_on_this_machine_is_found_by_every_program(self, configure: Callable[..., None]) -> None:
        configure(BASE_DOMAIN="localhost", PORT="8140")
        assert webhook_url("bobs-barbershop") == "http://127.0.0.1:8140/v1/webhooks/calcom/bobs-barbershop"

    def test_elsewhere_is_the_tenants_own(self, configure: Callable[..., None]) -> None:
        configure(BASE_DOMAIN="example.com")
        assert webhook_url("shop") == "https://shop.example.com/v1/webhooks/calcom"
