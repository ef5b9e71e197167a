"""The Stripe stand-in: what it refuses, what a key does, what it hosts and tells; all as Stripe describes it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox import stripe_description
from tests.sandbox.conftest import Program, start_program
from tests.sandbox.test_calcom_webhooks import Receiver, receiver

__all__ = ["receiver"]

KEY, SECRET = "sk_test_one", "whsec_one"
VERSION = "2026-10-28.endive"
PRICES = [
    {"id": "price_a", "product": "prod_a", "product_name": "A", "unit_amount": 100, "lookup_key": "a"},
    {"id": "price_b", "product": "prod_b", "product_name": "B", "unit_amount": 200, "lookup_key": "b"},
    {"id": "price_old", "product": "prod_a", "product_name": "A", "unit_amount": 90, "active": False},
]
described = pytest.mark.skipif(not stripe_description.FILE.exists(), reason=stripe_description.NO_FILE)


@dataclass(frozen=True)
class Stripe:
    """The account of the stand-in, asked over HTTP."""

    program: Program

    def send(self, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {KEY}", "Stripe-Version": VERSION} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        given: dict[str, Any] = {"params" if method == "GET" else "data": form}
        return self.program.client.request(method, f"{self.program.url}/stripe{path}", headers=sent, **given)

    def made(self, path: str, form: dict[str, str], **headers: str) -> dict[str, Any]:
        answer = self.send("POST", path, form, **headers)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def checkout(self, price: str = "price_a") -> dict[str, Any]:
        return self.made("/v1/checkout/sessions", checkout_form(self.made("/v1/customers", {})["id"], price))

    def pay(self, session: dict[str, Any]) -> httpx.Response:
        return self.program.client.post(session["url"])

    def settled(self) -> Any:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = self.program.get("/stripe/state")
            if not found["under_way"]:
                return found
            time.sleep(0.01)
        raise AssertionError("events are still under way")


def checkout_form(customer: str, price: str = "price_a", **more: str) -> dict[str, str]:
    return {
        "mode": "subscription",
        "customer": customer,
        "line_items[0][price]": price,
        "line_items[0][quantity]": "1",
        "success_url": "https://shop.example/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/back",
        "subscription_data[metadata][plan]": "a",
    } | more


def make_account(program: Program, **changes: Any) -> Stripe:
    program.post("/stripe/accounts", {"api_key": KEY, "prices": PRICES, "search_lag_seconds": 0} | changes)
    return Stripe(program)


@pytest.fixture
def stripe(program: Program) -> Stripe:
    return make_account(program)


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "form", "status", "code", "param"),
        [
            ("/v1/customers", {"nickname": "x"}, 400, "parameter_unknown", "nickname"),
            ("/v1/customers", {"email": "nobody"}, 400, "parameter_invalid", "email"),
            ("/v1/customers/cus_none", {"name": "x"}, 404, "resource_missing", "id"),
            ("/v1/checkout/sessions", {"mode": "subscription"}, 400, "parameter_missing", "customer"),
            ("/v1/checkout/sessions", checkout_form("cus_none"), 400, "resource_missing", "customer"),
            ("/v1/billing_portal/sessions", {"customer": "cus_none"}, 400, "parameter_missing", "return_url"),
            ("/v1/nothing", {}, 404, None, None),
        ],
    )
    def test_parameters(
        self, stripe: Stripe, path: str, form: dict[str, str], status: int, code: str | None, param: str | None
    ) -> None:
        answer = stripe.send("POST", path, form)
        error = answer.json()["error"]
        assert (answer.status_code, error.get("code"), error.get("param")) == (status, code, param)
        assert error["type"] == "invalid_request_error"
        state = stripe.settled()
        assert state["customers"] == state["checkouts"] == []

    def test_inactive_price(self, stripe: Stripe) -> None:
        answer = stripe.send(
            "POST", "/v1/checkout/sessions", checkout_form(stripe.made("/v1/customers", {})["id"], "price_old")
        )
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "line_items[0][price]")

    def test_key_version_and_body(self, stripe: Stripe) -> None:
        assert stripe.send("GET", "/v1/prices", Authorization="Bearer sk_test_two").status_code == 401
        assert stripe.send("GET", "/v1/prices", Authorization="Basic x").status_code == 401
        assert stripe.send("GET", "/v1/prices", Stripe_Version="2024-06-20").status_code == 400
        headers = {"Authorization": f"Bearer {KEY}", "Stripe-Version": VERSION}
        as_json = stripe.program.client.post(f"{stripe.program.url}/stripe/v1/customers", json={}, headers=headers)
        assert (as_json.status_code, stripe.settled()["customers"]) == (400, [])

    def test_another_account_sees_nothing(self, stripe: Stripe) -> None:
        session = stripe.checkout()
        stripe.program.post("/stripe/accounts", {"api_key": "sk_test_two"})
        answer = stripe.send("GET", f"/v1/checkout/sessions/{session['id']}", Authorization="Bearer sk_test_two")
        assert answer.status_code == 404


class TestKeys:
    def test_same_request_same_answer(self, stripe: Stripe) -> None:
        first = stripe.send("POST", "/v1/customers", {"name": "A"}, Idempotency_Key="k")
        again = stripe.send("POST", "/v1/customers", {"name": "A"}, Idempotency_Key="k")
        assert first.json() == again.json()
        assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
        assert len(stripe.settled()["customers"]) == 1

    def test_another_request(self, stripe: Stripe) -> None:
        stripe.made("/v1/customers", {"name": "A"}, Idempotency_Key="k")
        other = stripe.send("POST", "/v1/customers", {"name": "B"}, Idempotency_Key="k")
        assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
        stripe.program.post("/clock", {"advance_seconds": 86_401})
        stripe.made("/v1/customers", {"name": "B"}, Idempotency_Key="k")

    def test_a_refusal_is_not_kept(self, stripe: Stripe) -> None:
        assert stripe.send("POST", "/v1/customers", {"x": "y"}, Idempotency_Key="k").status_code == 400
        stripe.made("/v1/customers", {"name": "B"}, Idempotency_Key="k")


class TestSearch:
    def test_finds_late(self, program: Program) -> None:
        stripe = make_account(program, search_lag_seconds=60)
        made = stripe.made("/v1/customers", {"metadata[tenant_id]": "t"})
        query = {"query": "metadata['tenant_id']:'t'"}
        assert stripe.send("GET", "/v1/customers/search", query).json()["data"] == []
        program.post("/clock", {"advance_seconds": 61})
        assert stripe.send("GET", "/v1/customers/search", query).json()["data"] == [made]
        stripe.send("DELETE", f"/v1/customers/{made['id']}")
        assert stripe.send("GET", "/v1/customers/search", query).json()["data"] == []

    def test_other_queries(self, stripe: Stripe) -> None:
        assert stripe.send("GET", "/v1/customers/search", {"query": "anything"}).status_code == 400


class TestCheckout:
    def test_page_and_back(self, stripe: Stripe) -> None:
        session = stripe.checkout()
        page = stripe.program.client.get(session["url"])
        assert (page.status_code, "1.00 USD" in page.text, "Sandbox" in page.text) == (200, True, True)
        paid = stripe.pay(session)
        assert (paid.status_code, paid.headers["location"]) == (
            303, f"https://shop.example/done?session={session['id']}",
        )  # fmt: skip
        shown = stripe.send("GET", f"/v1/checkout/sessions/{session['id']}").json()
        assert (shown["status"], shown["payment_status"], shown["url"]) == ("complete", "paid", None)
        [subscription] = stripe.send("GET", "/v1/subscriptions", {"customer": session["customer"]}).json()["data"]
        assert (subscription["id"], subscription["status"]) == (shown["subscription"], "active")
        assert subscription["metadata"] == {"plan": "a"}
        assert stripe.pay(session).status_code == 410

    def test_expired(self, stripe: Stripe) -> None:
        by_hand, by_time = stripe.checkout(), stripe.checkout()
        stripe.made(f"/v1/checkout/sessions/{by_hand['id']}/expire", {})
        stripe.program.post("/clock", {"advance_seconds": 86_401})
        for session in (by_hand, by_time):
            assert stripe.pay(session).status_code == 410
            assert stripe.send("POST", f"/v1/checkout/sessions/{session['id']}/expire").status_code == 400
        assert stripe.settled()["subscriptions"] == []


class TestPortal:
    def test_change_and_cancel(self, stripe: Stripe) -> None:
        session = stripe.checkout()
        stripe.pay(session)
        form = {"customer": session["customer"], "return_url": "https://shop.example/"}
        page = stripe.made("/v1/billing_portal/sessions", form)["url"]
        for fields, shown in (({"price": "price_b"}, "State: active"), ({"act": "cancel"}, "Ends on")):
            assert stripe.program.client.post(page, data=fields).status_code == 303
            assert shown in stripe.program.client.get(page).text
        [subscription] = stripe.settled()["subscriptions"]
        assert (subscription["price"], subscription["cancel_at_period_end"]) == ("price_b", True)


class TestEvents:
    def test_signed_and_told_in_order(self, program: Program, receiver: Receiver) -> None:
        stripe = make_account(program, endpoints=[{"url": receiver.url, "secret": SECRET}])
        stripe.pay(stripe.checkout())
        stripe.settled()
        told = [json.loads(raw) for _, raw in receiver.received]
        assert [event["type"] for event in told] == [
            "customer.subscription.created", "customer.subscription.updated", "invoice.paid",
            "checkout.session.completed",
        ]  # fmt: skip
        assert [event["data"]["object"]["status"] for event in told] == ["incomplete", "active", "paid", "complete"]
        for headers, raw in receiver.received:
            moment, signature = (part.partition("=")[2] for part in headers["stripe-signature"].split(","))
            assert signature == hmac.new(SECRET.encode(), f"{moment}.".encode() + raw, hashlib.sha256).hexdigest()
            assert abs(time.time() - int(moment)) < 60

    def test_tried_again(self, program: Program, receiver: Receiver) -> None:
        receiver.status = 500
        stripe = make_account(program, endpoints=[{"url": receiver.url, "secret": SECRET}])
        session = stripe.checkout()
        stripe.pay(session)
        deadline = time.monotonic() + 10
        while not receiver.received and time.monotonic() < deadline:
            time.sleep(0.01)
        receiver.status = 200
        assert [event["answers"] for event in stripe.settled()["events"]] == [[500, 200], [200], [200], [200]]

    def test_mixed_up_and_again(self, program: Program, receiver: Receiver) -> None:
        delivery = {"order": "reversed", "copies": 2}
        stripe = make_account(program, endpoints=[{"url": receiver.url, "secret": SECRET}], delivery=delivery)
        stripe.pay(stripe.checkout())
        state = stripe.settled()
        told = [json.loads(raw)["id"] for _, raw in receiver.received]
        ids = [event["id"] for event in state["events"]]
        assert told == [each for each in reversed(ids) for _ in range(2)]
        program.post("/stripe/subscriptions", {"id": state["subscriptions"][0]["id"], "status": "canceled"})
        assert stripe.settled()["events"][-1]["type"] == "customer.subscription.deleted"
        program.post("/stripe/events", {"ids": ids[:1]})
        stripe.settled()
        assert json.loads(receiver.received[-1][1])["id"] == ids[0]


class TestState:
    def test_kept_over_a_restart(self, tmp_path: Path) -> None:
        state = ["--state", str(tmp_path / "state.json")]
        first = start_program(*state)
        stripe = make_account(first)
        session = stripe.checkout()
        stripe.pay(session)
        stripe.made("/v1/customers", {"name": "A"}, Idempotency_Key="k")
        before = stripe.settled()
        first.stop()
        second = start_program(*state)
        try:
            again = Stripe(second)
            assert again.settled() == before
            again.made("/v1/customers", {"name": "A"}, Idempotency_Key="k")
            assert again.settled()["customers"] == before["customers"]
        finally:
            second.stop()

    def test_a_seed_names_the_portal(self, tmp_path: Path) -> None:
        program = start_program("--seed", "demo", "--portal", "http://localhost:1")
        try:
            headers = {"Authorization": "Bearer sk_test_sandbox", "Stripe-Version": VERSION}
            answer = program.client.get(f"{program.url}/stripe/v1/prices", headers=headers)
            assert [price["lookup_key"] for price in answer.json()["data"]] == ["starter", "growth", "premium"]
        finally:
            program.stop()


@described
class TestDescription:
    def test_answers(self, stripe: Stripe) -> None:
        session = stripe.checkout()
        customer = session["customer"]
        stripe.pay(session)
        [subscription] = stripe.settled()["subscriptions"]
        open_one = stripe.checkout("price_b")
        for method, path, form in (
            ("POST", "/v1/customers", {"name": "A", "email": "a@example.com", "metadata[x]": "y"}),
            ("GET", f"/v1/customers/{customer}", {}),
            ("GET", "/v1/customers/search", {"query": "metadata['x']:'y'"}),
            ("GET", "/v1/prices", {"lookup_keys[0]": "a", "active": "true"}),
            ("POST", "/v1/checkout/sessions", checkout_form(customer)),
            ("GET", "/v1/checkout/sessions", {"customer": customer}),
            ("POST", f"/v1/checkout/sessions/{open_one['id']}/expire", {}),
            ("POST", "/v1/billing_portal/sessions", {"customer": customer, "return_url": "https://shop.example"}),
            ("GET", "/v1/subscriptions", {"customer": customer, "status": "all"}),
            ("GET", f"/v1/subscriptions/{subscription['id']}", {}),
            ("GET", "/v1/customers/cus_none", {}),
        ):
            answer = stripe.send(method, path, form)
            faults = stripe_description.wrong_answer(method, path, answer.status_code, answer.json())
            assert faults == [], (method, path)

    def test_events(self, stripe: Stripe) -> None:
        stripe.pay(stripe.checkout())
        for event in stripe.settled()["events"]:
            assert stripe_description.wrong_answer("GET", "/v1/events/evt_1", 200, event["body"]) == []

    def test_the_check_itself_finds_faults(self, stripe: Stripe) -> None:
        body = stripe.made("/v1/customers", {}) | {"created": "today", "colour": "red"}
        faults = stripe_description.wrong_answer("POST", "/v1/customers", 200, body)
        assert {fault.split(":")[0] for fault in faults} == {"$.created", "colour is not described"}
        asked = stripe_description.wrong_request("POST", "/v1/checkout/sessions", "mode=x&line_items[0][cost]=1&a=b")
        assert {fault.split(":")[0] for fault in asked} >= {
            "line_items[].cost is not described", "a is not described",
        }  # fmt: skip
