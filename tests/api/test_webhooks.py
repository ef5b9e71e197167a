"""Webhooks at the door: signatures over the raw bytes, storage before the answer, one row however often they come."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from portal.api.app import Api
from portal.api.dispatch import beside
from portal.api.middleware import wrap
from portal.core import cache, db, tenant
from portal.domain import integrations
from portal.sandbox.twilio.signature import sign
from tests.api.conftest import Caller, failure, pages
from tests.factories import STRIPE as PLATFORM
from tests.factories import MadeTenant, TenantFactory

SECRET, STRIPE_SECRET, TOKEN, OWN_TOKEN = "a-webhook-secret", PLATFORM["webhook_secret"], "7" * 32, "8" * 32
SID, OWN_SID = "AC" + "1" * 32, "AC" + "2" * 32
CALCOM, STRIPE = "/v1/webhooks/calcom", "/v1/webhooks/stripe"
STATUS, INBOUND = "/v1/webhooks/twilio/status", "/v1/webhooks/twilio/inbound"
Rows = Callable[..., list[Any]]


@pytest.fixture
def rows(database: str) -> Rows:
    """Statements as the database's administrator."""

    def run(statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(database, autocommit=True) as connection:
            done = connection.execute(statement.encode(), values or None)
            return done.fetchall() if done.description else []

    return run


@pytest.fixture
def door(caller: Caller, shop: MadeTenant) -> Caller:
    """The shop's host, whose webhook secret is known."""
    give(shop, integrations.CALCOM_WEBHOOK, "cal_webhook_secret_id", SECRET)
    return caller


def give(shop: MadeTenant, name: str, column: str, secret: str) -> None:
    with db.worker(shop.id).begin() as scope:
        stored = integrations.store(scope, name, secret)
        scope.execute(
            f"update portal.tenant_integrations set {column} = :id where tenant_id = :tenant",
            id=stored, tenant=shop.id,
        )  # fmt: skip
    tenant.forget(shop.id)


def event(uid: str = "uid1", **more: Any) -> bytes:
    told = {"triggerEvent": "BOOKING_CREATED", "createdAt": "2026-11-22T10:00:00Z", "payload": {"uid": uid} | more}
    return json.dumps(told).encode()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Cal-Signature-256": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def told(door: Caller, body: bytes, path: str = CALCOM, **options: Any) -> httpx.Response:
    return door.post(path, content=body, headers=signed(body), **options)


class TestCalcom:
    def test_stored_with_its_job(self, door: Caller, shop: MadeTenant, rows: Rows) -> None:
        body = event(title="Zoë 🎈")
        answer = told(door, body)
        assert (answer.status_code, answer.json()) == (200, {"status": "received"})
        [(event_id, owner, kind, reference, digest, status, payload)] = rows(
            "select id, tenant_id, event_type, provider_event_id, body_hash, processing_status, raw_payload"
            " from portal.booking_events"
        )
        assert (owner, kind, reference, status) == (shop.id, "BOOKING_CREATED", "uid1", "pending")
        assert (digest, payload) == (hashlib.sha256(body).hexdigest(), json.loads(body))
        [(name, args, of)] = rows("select name, args, tenant_id from portal.jobs")
        assert (name, args, of) == ("process_calcom_webhook", {"event_id": str(event_id)}, shop.id)

    def test_again_is_the_same(self, door: Caller, rows: Rows) -> None:
        for _ in range(3):
            assert told(door, event()).status_code == 200
        assert rows("select (select count(*) from portal.booking_events), (select count(*) from portal.jobs)") == [
            (1, 1)
        ]

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-Cal-Signature-256": ""},
            {"X-Cal-Signature-256": "no-secret-provided"},
            {"X-Cal-Signature-256": "0" * 64},
            signed(event(), "another secret"),
            signed(event("uid2")),
            signed(event(), ""),
        ],
    )
    def test_refused(self, door: Caller, rows: Rows, headers: dict[str, str]) -> None:
        answer = door.post(CALCOM, content=event(), headers=headers)
        assert (answer.status_code, failure(answer)["details"]["reason"]) == (401, "bad_signature")
        assert rows("select * from portal.booking_events") == []

    def test_two_signatures_are_none(self, door: Caller) -> None:
        body = event()
        good, bad = signed(body)["X-Cal-Signature-256"].encode(), b"0" * 64
        for both in ([good, bad], [bad, good], [good, good]):
            headers = [(b"host", b"shop.localhost"), *((b"x-cal-signature-256", each) for each in both)]
            assert door.raw(CALCOM, method="POST", headers=headers, body=[body]).status == 401

    def test_before_a_secret_is_known(self, caller: Caller) -> None:
        assert told(caller, event()).status_code == 401
        body = event()
        assert caller.post(CALCOM, content=body, headers=signed(body, "")).status_code == 401

    def test_a_changed_secret_counts_at_once(self, door: Caller, shop: MadeTenant) -> None:
        assert told(door, event()).status_code == 200
        give(shop, integrations.CALCOM_WEBHOOK, "cal_webhook_secret_id", "another")
        assert told(door, event()).status_code == 401
        body = event("uid2")
        assert door.post(CALCOM, content=body, headers=signed(body, "another")).status_code == 200

    def test_tenant_in_the_path(self, door: Caller, shop: MadeTenant, rows: Rows) -> None:
        for number, named in enumerate(("shop", str(shop.id))):
            answer = told(door, event(f"uid{number}"), f"{CALCOM}/{named}", host="hooks.example.com")
            assert answer.status_code == 200, answer.text
        assert {row[0] for row in rows("select tenant_id from portal.booking_events")} == {shop.id}
        for named in ("nobody", str(uuid4()), "a.b"):
            assert told(door, event(), f"{CALCOM}/{named}", host="hooks.example.com").status_code == 404

    def test_another_tenants_signature(self, door: Caller, tenants: TenantFactory, rows: Rows) -> None:
        tenants.make("other")
        assert told(door, event(), host="other.localhost").status_code == 401
        assert told(door, event(), f"{CALCOM}/other").status_code == 401
        assert rows("select * from portal.booking_events") == []

    def test_host_of_nobody(self, door: Caller) -> None:
        assert told(door, event(), host="nobody.example.com").status_code == 404

    def test_suspended_tenants_are_told_too(self, door: Caller, shop: MadeTenant, rows: Rows) -> None:
        rows("update portal.tenants set status = 'suspended'")
        tenant.forget(shop.id)
        assert told(door, event()).status_code == 200

    def test_too_large(self, door: Caller, rows: Rows) -> None:
        body = event(notes="x" * 1024 * 1024)
        assert told(door, body).status_code == 413
        assert rows("select * from portal.booking_events") == []

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"a": NaN}', b"\xff", b"[" * 100_000, b'"text"'])
    def test_no_object(self, door: Caller, body: bytes) -> None:
        answer = told(door, body)
        assert (answer.status_code, failure(answer)["code"]) == (400, "INVALID_ARGUMENT")

    @pytest.mark.parametrize("value", [None, 7, "x" * 500, {"a": 1}, "BOOKING CREATED; drop"])
    def test_strange_kinds_are_kept_as_unknown(self, door: Caller, rows: Rows, value: Any) -> None:
        assert told(door, json.dumps({"triggerEvent": value}).encode()).status_code == 200
        assert rows("select event_type, provider_event_id from portal.booking_events") == [("UNKNOWN", None)]


class TestBatch:
    def test_many_share_commits(self, door: Caller, rows: Rows) -> None:
        bodies = [event(f"uid{number % 40}") for number in range(80)]
        assert {answer.status_code for answer in at_once(door, bodies)} == {200}
        [(stored, commits)] = rows("select count(*), count(distinct xmin::text) from portal.booking_events")
        assert stored == 40
        assert commits < 20

    def test_answered_only_when_committed(self, door: Caller, database: str, rows: Rows) -> None:
        told(door, event("warm"))
        with psycopg.connect(database) as blocker, ThreadPoolExecutor(1) as pool:
            blocker.execute("lock table portal.booking_events in share row exclusive mode")
            asked = pool.submit(at_once, door, [event("uid1"), event("uid2")])
            time.sleep(0.3)
            assert not asked.done()
            blocker.rollback()
            assert {answer.status_code for answer in asked.result(10)} == {200}
        assert rows("select count(*) from portal.booking_events") == [(3,)]

    def test_what_cannot_be_kept_harms_no_other(self, door: Caller, rows: Rows) -> None:
        poison = json.dumps({"triggerEvent": "X", "payload": {"uid": "bad\x00"}}).encode()
        bodies = [event("uid1"), poison, event("uid2"), b'{"n": 1e999999}', event("uid3")]
        answers = at_once(door, bodies)
        assert [answer.status_code for answer in answers] == [200, 400, 200, 400, 200]
        assert rows("select count(*) from portal.booking_events") == [(3,)]

    def test_two_processes_at_once(self, door: Caller, rows: Rows) -> None:
        """The same events in opposite orders, in overlapping batches: nobody waits for each other forever."""
        from portal.api.webhooks import inbox, readings

        owner = rows("select id from portal.tenants")[0][0]
        events = [readings.calcom(owner, event(f"uid{number}")) for number in range(60)]
        with ThreadPoolExecutor(4) as pool:
            done = [pool.submit(inbox.commit, order) for order in (events, events[::-1]) * 8]
            new = [job for each in done for job in each.result(30)]
        assert len(new) == len(set(new)) == 60
        assert rows("select count(*) from portal.jobs") == [(60,)]

    def test_database_away(self, door: Caller, rows: Rows) -> None:
        told(door, event("warm"))
        rows("alter function portal.receive_events(jsonb) rename to gone")
        try:
            assert told(door, event("uid1")).status_code == 500
        finally:
            rows("alter function portal.gone(jsonb) rename to receive_events")
        assert told(door, event("uid1")).status_code == 200


def at_once(door: Caller, bodies: list[bytes]) -> list[httpx.Response]:
    async def all_of_them() -> list[httpx.Response]:
        asked = [door.request("POST", CALCOM, content=body, headers=signed(body)) for body in bodies]
        return list(await asyncio.gather(*asked))

    return door.runner.run(all_of_them())


class TestStripe:
    def body(self, event_id: str = "evt_1", **more: Any) -> bytes:
        about = {"id": "in_1", "object": "invoice", "customer": "cus_1"}
        return json.dumps({"id": event_id, "type": "invoice.paid", "data": {"object": about}} | more).encode()

    def header(self, body: bytes, *, age: float = 0, secret: str = STRIPE_SECRET, extra: str = "") -> dict[str, str]:
        moment = int(time.time() - age)
        digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Stripe-Signature": f"t={moment},{extra}v1={digest},v0={'0' * 64}"}

    def test_stored_once_by_its_id(self, caller: Caller, rows: Rows) -> None:
        for pending in (1, 0):
            body = self.body(pending_webhooks=pending)
            assert caller.post(STRIPE, content=body, headers=self.header(body)).status_code == 200
        assert rows("select tenant_id, event_type, provider_event_id from portal.booking_events") == [
            (None, "invoice.paid", "evt_1")
        ]
        assert rows("select name, tenant_id from portal.jobs") == [("process_stripe_webhook", None)]

    def test_of_a_known_customer(self, caller: Caller, shop: MadeTenant, rows: Rows) -> None:
        rows("update portal.tenant_integrations set stripe_customer_id = 'cus_1'")
        body = self.body()
        caller.post(STRIPE, content=body, headers=self.header(body), host="portal.example.com")
        assert rows("select tenant_id from portal.booking_events") == [(shop.id,)]

    def test_known_a_moment_later(self, caller: Caller, shop: MadeTenant, rows: Rows) -> None:
        """Making a customer is told before we have stored whose it is."""
        about = {"id": "cus_1", "object": "customer"}
        for number, customer in enumerate((None, "cus_1")):
            rows("update portal.tenant_integrations set stripe_customer_id = %s", customer)
            body = self.body(f"evt_{number}", type="customer.created", data={"object": about})
            caller.post(STRIPE, content=body, headers=self.header(body))
        assert rows("select tenant_id from portal.booking_events order by received_at") == [(None,), (shop.id,)]

    def test_one_of_several_signatures(self, caller: Caller) -> None:
        body = self.body()
        headers = self.header(body, extra=f"v1={'0' * 64},")
        assert caller.post(STRIPE, content=body, headers=headers).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            {"age": 301}, {"age": -301}, {"secret": "whsec_other"}, {"extra": "t=1,"}, None,
        ],
    )  # fmt: skip
    def test_refused(self, caller: Caller, rows: Rows, change: dict[str, Any] | None) -> None:
        body = self.body()
        headers = self.header(body, **change) if change else {}
        assert caller.post(STRIPE, content=body, headers=headers).status_code == 401
        assert rows("select * from portal.booking_events") == []

    @pytest.mark.parametrize("given", ["", "t=,v1=", "t=abc,v1=00", "v1=00", "t=9999999999999999,v1=0", "\xff"])
    def test_malformed(self, caller: Caller, given: str) -> None:
        answer = caller.post(STRIPE, content=self.body(), headers={"Stripe-Signature": given.encode("latin-1")})  # type: ignore[dict-item]
        assert answer.status_code == 401

    def test_without_a_secret_of_ours(self, caller: Caller, configure: Callable[..., None]) -> None:
        configure(STRIPE_WEBHOOK_SECRET="")
        body = self.body()
        assert caller.post(STRIPE, content=body, headers=self.header(body, secret="")).status_code == 401


class TestTwilio:
    @pytest.fixture(autouse=True)
    def account(self, configure: Callable[..., None]) -> None:
        configure(TWILIO_ACCOUNT_SID=SID, TWILIO_AUTH_TOKEN=TOKEN, TWILIO_MESSAGING_SERVICE_SID="MG" + "3" * 32)

    def fields(self, **more: str) -> dict[str, str]:
        return {"AccountSid": SID, "MessageSid": "SM1", "MessageStatus": "delivered", "To": "+12125550123"} | more

    def ask(
        self, caller: Caller, path: str, fields: dict[str, str], *, token: str = TOKEN, host: str = "shop.localhost",
        signature: str | None = None,
    ) -> httpx.Response:  # fmt: skip
        given = signature if signature is not None else sign(token, f"http://{host}:8000{path}", fields)
        headers = {"X-Twilio-Signature": given, "Content-Type": "application/x-www-form-urlencoded"}
        return caller.post(path, content=urlencode(fields), headers=headers, host=host)

    def test_status_of_the_platforms_account(self, caller: Caller, shop: MadeTenant, rows: Rows) -> None:
        answer = self.ask(caller, f"{STATUS}?notification=7", self.fields())
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        assert answer.text.endswith("<Response></Response>")
        assert rows("select tenant_id, event_type, provider_event_id, raw_payload from portal.booking_events") == [
            (shop.id, "status", "SM1", {"fields": self.fields(), "query": {"notification": "7"}})
        ]

    def test_each_status_is_an_event_of_its_own(self, caller: Caller, rows: Rows) -> None:
        for status in ("sent", "delivered", "sent", "delivered"):
            assert self.ask(caller, STATUS, self.fields(MessageStatus=status)).status_code == 200
        assert rows("select count(*) from portal.booking_events") == [(2,)]

    def test_inbound_at_the_platforms_host(self, caller: Caller, rows: Rows) -> None:
        assert self.ask(caller, INBOUND, self.fields(Body="STOP"), host="localhost").status_code == 200
        assert rows("select tenant_id, event_type from portal.booking_events") == [(None, "inbound")]
        assert rows("select tenant_id, name from portal.jobs") == [(None, "process_twilio_webhook")]

    def test_own_account(self, caller: Caller, shop: MadeTenant, rows: Rows) -> None:
        give(shop, integrations.TWILIO_SID, "twilio_account_sid_secret_id", OWN_SID)
        give(shop, integrations.TWILIO_TOKEN, "twilio_auth_token_secret_id", OWN_TOKEN)
        own = self.fields(AccountSid=OWN_SID)
        assert self.ask(caller, STATUS, own, token=OWN_TOKEN).status_code == 200
        assert self.ask(caller, f"{INBOUND}/shop", own, token=OWN_TOKEN, host="hooks.example.com").status_code == 200
        assert {row[0] for row in rows("select tenant_id from portal.booking_events")} == {shop.id}
        # The platform's token signs nothing of that account, nor that account anything of the platform's.
        assert self.ask(caller, STATUS, own).status_code == 401
        assert self.ask(caller, STATUS, self.fields(), token=OWN_TOKEN).status_code == 401

    def test_refused(self, caller: Caller, rows: Rows) -> None:
        for signature in (
            "",
            "x",
            "0" * 28,
            sign(TOKEN, "http://shop.localhost:8000/", {}),
        ):
            answer = self.ask(caller, STATUS, self.fields(), signature=signature)
            assert answer.status_code == 401
        unknown = self.fields(AccountSid="AC" + "9" * 32)
        assert self.ask(caller, STATUS, unknown).status_code == 401
        assert rows("select * from portal.booking_events") == []


def test_documented(api: Api) -> None:
    paths = api.openapi()["paths"]
    for path in (CALCOM, CALCOM + "/{tenant}", STRIPE, STATUS, STATUS + "/{tenant}", INBOUND, INBOUND + "/{tenant}"):
        assert {"200", "401", "413"} <= set(paths[path]["post"]["responses"]), path


def test_other_methods(caller: Caller) -> None:
    for path in (CALCOM, STATUS, STRIPE):
        answer = caller.get(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_through_the_whole_edge(api: Api, shop: MadeTenant, visit: Callable[..., Caller], rows: Rows) -> None:
    """Two processes of one deployment: what one stored the other calls the same."""
    assert cache.cache.wait_until_live()
    give(shop, integrations.CALCOM_WEBHOOK, "cal_webhook_secret_id", SECRET)
    from portal.api.app import create_api

    for each in (api, create_api()):
        assert told(visit(wrap(beside(pages, each))), event()).status_code == 200
    assert rows("select count(*) from portal.booking_events") == [(1,)]
    assert isinstance(rows("select id from portal.booking_events")[0][0], UUID)
