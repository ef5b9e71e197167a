"""The Twilio stand-in: what it refuses, what it tells its callbacks, whom it stops texting, how it counts."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from portal.sandbox.twilio import segments
from portal.sandbox.twilio.signature import sign
from tests.sandbox.conftest import Program, start_program
from tests.sandbox.test_calcom_webhooks import Receiver, receiver

__all__ = ["receiver"]

SID, TOKEN, SERVICE = "AC" + "a1" * 16, "b2" * 16, "MG" + "c3" * 16
SENDER, PHONE = "+12025550100", "+14155550123"


@dataclass(frozen=True)
class Twilio:
    """One account of the stand-in, asked over HTTP with its token."""

    program: Program

    def send(self, method: str, path: str, *, token: str = TOKEN, **more: Any) -> httpx.Response:
        url = f"{self.program.url}/twilio{path}"
        return self.program.client.request(method, url, auth=(SID, token), **more)

    def create(self, to: str = PHONE, body: str = "Hello", **fields: str) -> httpx.Response:
        form = {"To": to, "Body": body, "MessagingServiceSid": SERVICE} | fields
        return self.send("POST", f"/2010-04-01/Accounts/{SID}/Messages.json", data=form)

    def created(self, to: str = PHONE, body: str = "Hello", **fields: str) -> dict[str, Any]:
        answer = self.create(to, body, **fields)
        assert answer.status_code == 201, answer.text
        message: dict[str, Any] = answer.json()
        return message

    def listed(self, **query: str) -> dict[str, Any]:
        answer = self.send("GET", f"/2010-04-01/Accounts/{SID}/Messages.json", params=query)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def settled(self) -> list[dict[str, Any]]:
        """All messages, once none changes any more."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = self.program.get("/twilio/messages")
            if not found["under_way"]:
                return list(found["messages"])
            time.sleep(0.01)
        raise AssertionError("messages are still under way")

    def inbound(self, body: str, **more: str) -> dict[str, Any]:
        order = {"to": SENDER, "phone": PHONE, "body": body} | more
        received: dict[str, Any] = self.program.post("/twilio/inbound", order)
        return received


def make_account(program: Program, service: dict[str, Any] | None = None, **changes: Any) -> Twilio:
    services = [{"sid": SERVICE, "numbers": [SENDER]} | (service or {})]
    spec = {"sid": SID, "auth_token": TOKEN, "services": services, "delivery": {"step_ms": 0}}
    program.post("/twilio/accounts", spec | changes)
    return Twilio(program)


@pytest.fixture
def twilio(program: Program) -> Twilio:
    return make_account(program)


def told(receiver: Receiver) -> list[dict[str, str]]:
    return [dict(parse_qsl(raw.decode(), keep_blank_values=True)) for _, raw in receiver.received]


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"To": ""}, 21604),
            ({"To": "nobody"}, 21211),
            ({"To": "+1415"}, 21211),
            ({"Body": ""}, 21602),
            ({"Body": "x" * 1601}, 21617),
            ({"MessagingServiceSid": ""}, 21603),
            ({"MessagingServiceSid": "MG" + "0" * 32}, 21701),
            ({"MessagingServiceSid": "", "From": "+12025550199"}, 21606),
            ({"To": "+15005550009"}, 21614),
        ],
    )
    def test_create(self, twilio: Twilio, fields: dict[str, str], code: int) -> None:
        answer = twilio.create(**({"to": fields.pop("To")} if "To" in fields else {}), **fields)
        body = answer.json()
        assert (answer.status_code, body["code"], body["status"]) == (400, code, 400)
        assert body["more_info"].endswith(f"/{code}")
        assert twilio.settled() == []

    def test_credentials(self, twilio: Twilio) -> None:
        answer = twilio.send("GET", f"/2010-04-01/Accounts/{SID}.json", token="wrong")
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
        raw = base64.b64encode(b"no colon").decode()
        url = f"{twilio.program.url}/twilio/2010-04-01/Accounts/{SID}.json"
        for header in (
            {},
            {"Authorization": "Bearer x"},
            {"Authorization": f"Basic {raw}"},
            {"Authorization": "Basic é".encode()},
        ):
            assert twilio.program.client.get(url, headers=header).status_code == 401

    def test_another_account_and_unknown_things(self, twilio: Twilio) -> None:
        for path in ("/Accounts/AC" + "0" * 32 + "/Messages.json", f"/Accounts/{SID}/Messages/SM0.json", "/Nothing"):
            answer = twilio.send("GET", f"/2010-04-01{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, 20404)

    def test_suspended(self, program: Program) -> None:
        assert make_account(program, status="suspended").create().json()["code"] == 20005

    def test_rate(self, program: Program) -> None:
        twilio = make_account(program, requests_per_second=2)
        answers = [twilio.create() for _ in range(8)]
        limited = [answer for answer in answers if answer.status_code == 429]
        assert limited
        assert limited[0].json()["code"] == 20429


class TestLife:
    def test_of_a_message(self, twilio: Twilio) -> None:
        began = twilio.created()
        assert (began["status"], began["from"], began["num_segments"], began["price"]) == ("accepted", None, "0", None)
        [ended] = twilio.settled()
        assert (ended["status"], ended["from"], ended["num_segments"]) == ("delivered", SENDER, "1")
        assert (ended["price"], ended["price_unit"], ended["error_code"]) == ("-0.00790", "USD", None)

    def test_unregistered_service(self, program: Program) -> None:
        twilio = make_account(program, {"campaign_status": "PENDING"})
        twilio.created()
        twilio.created("+442071838750")
        assert [(each["status"], each["error_code"]) for each in twilio.settled()] == [
            ("undelivered", 30034),
            ("delivered", None),
        ]

    def test_failed_costs_nothing(self, twilio: Twilio) -> None:
        twilio.program.post("/twilio/numbers", {"to": PHONE, "final": "failed", "error_code": 30008})
        twilio.created()
        [ended] = twilio.settled()
        assert (ended["status"], ended["price"], ended["date_sent"]) == ("failed", "0.00000", None)

    def test_price_comes_later(self, program: Program, receiver: Receiver) -> None:
        twilio = make_account(program, delivery={"step_ms": 0, "price_delay_ms": 300})
        twilio.created(StatusCallback=receiver.url)
        deadline = time.monotonic() + 5
        while len(receiver.received) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert twilio.listed()["messages"][0]["price"] is None
        assert twilio.settled()[0]["price"] == "-0.00790"


class TestCallbacks:
    def test_each_state_in_order_and_signed(self, twilio: Twilio, receiver: Receiver) -> None:
        sid = twilio.created(StatusCallback=receiver.url + "?notification=n-1")["sid"]
        [message] = twilio.settled()
        forms = told(receiver)
        assert [form["MessageStatus"] for form in forms] == ["queued", "sent", "delivered"]
        assert {(form["MessageSid"], form["To"], form["MessagingServiceSid"]) for form in forms} == {
            (sid, PHONE, SERVICE)
        }
        for (headers, _), form in zip(receiver.received, forms, strict=True):
            assert headers["x-twilio-signature"] == sign(TOKEN, receiver.url + "?notification=n-1", form)
        assert [each["answered"] for each in message["callbacks"]] == [200, 200, 200]

    def test_backwards_and_twice(self, program: Program, receiver: Receiver) -> None:
        twilio = make_account(program, delivery={"step_ms": 0, "callbacks": "reversed", "copies": 2})
        twilio.created(StatusCallback=receiver.url)
        twilio.settled()
        states = ["delivered", "delivered", "sent", "sent", "queued", "queued"]
        assert [form["MessageStatus"] for form in told(receiver)] == states

    def test_shuffled(self, program: Program, receiver: Receiver) -> None:
        twilio = make_account(program, delivery={"step_ms": 0, "callbacks": "shuffled"})
        for _ in range(12):
            twilio.created(StatusCallback=receiver.url)
        twilio.settled()
        orders: dict[str, tuple[str, ...]] = {}
        for form in told(receiver):
            orders[form["MessageSid"]] = (*orders.get(form["MessageSid"], ()), form["MessageStatus"])
        assert {len(order) for order in orders.values()} == {3}
        assert len(set(orders.values())) > 1

    def test_none(self, program: Program, receiver: Receiver) -> None:
        twilio = make_account(program, delivery={"step_ms": 0, "callbacks": "none"})
        twilio.created(StatusCallback=receiver.url)
        assert twilio.settled()[0]["status"] == "delivered"
        assert receiver.received == []

    def test_error_code_only_with_the_failure(self, twilio: Twilio, receiver: Receiver) -> None:
        twilio.program.post("/twilio/numbers", {"to": PHONE, "final": "undelivered", "error_code": 30005})
        twilio.created(StatusCallback=receiver.url)
        twilio.settled()
        assert [form.get("ErrorCode") for form in told(receiver)] == [None, None, "30005"]

    def test_receiver_away(self, twilio: Twilio) -> None:
        twilio.created(StatusCallback="http://127.0.0.1:9/nobody")
        [message] = twilio.settled()
        assert [each["answered"] for each in message["callbacks"]] == [None, None, None]

    def test_a_site_of_this_machine(self, twilio: Twilio, receiver: Receiver) -> None:
        """``*.localhost`` resolves nowhere, yet that is what the demo's sites are called."""
        url = receiver.url.replace("127.0.0.1", "shop.localhost")
        twilio.created(StatusCallback=url)
        twilio.settled()
        headers, _ = receiver.received[0]
        assert url.startswith(f"http://{headers['host']}/")
        assert headers["x-twilio-signature"] == sign(TOKEN, url, told(receiver)[0])

    def test_once_more_by_hand(self, twilio: Twilio, receiver: Receiver) -> None:
        sid = twilio.created(StatusCallback=receiver.url)["sid"]
        twilio.settled()
        assert twilio.program.post("/twilio/callback", {"sid": sid, "status": "queued"}) == {"answered": 200}
        assert told(receiver)[-1]["MessageStatus"] == "queued"
        twilio.program.post("/twilio/callback", {"sid": "SM0", "status": "queued"}, expect=404)


class TestInbound:
    def test_told_and_signed(self, twilio: Twilio, receiver: Receiver) -> None:
        service = f"/v1/Services/{SERVICE}"
        twilio.send("POST", service, data={"InboundRequestUrl": receiver.url}).raise_for_status()
        twilio.inbound("What time is it?")
        twilio.settled()
        [(headers, _)], [form] = receiver.received, told(receiver)
        assert (form["From"], form["To"], form["Body"], form["SmsStatus"]) == (
            PHONE,
            SENDER,
            "What time is it?",
            "received",
        )
        assert "OptOutType" not in form
        assert headers["x-twilio-signature"] == sign(TOKEN, receiver.url, form)

    def test_stop_and_start(self, twilio: Twilio, receiver: Receiver) -> None:
        twilio.inbound(" stop ", url=receiver.url)
        assert twilio.create().json()["code"] == 21610
        assert twilio.program.get("/twilio/opt_outs") == {"opt_outs": [{"sender": SERVICE, "phone": PHONE}]}
        twilio.created("+14155550199")
        twilio.inbound("Start", url=receiver.url)
        twilio.created()
        twilio.settled()
        assert sorted(form["OptOutType"] for form in told(receiver)) == ["START", "STOP"]

    @pytest.mark.parametrize("word", ["CANCEL", "End", "quit", "STOPALL", "unsubscribe", "REVOKE", "optout"])
    def test_other_words_for_stop(self, twilio: Twilio, word: str) -> None:
        twilio.inbound(word)
        assert twilio.create().json()["code"] == 21610

    @pytest.mark.parametrize("words", ["Please stop texting", "cancel my booking", "HELP"])
    def test_no_opt_out(self, twilio: Twilio, words: str) -> None:
        twilio.inbound(words)
        twilio.created()

    def test_it_answers_by_itself(self, twilio: Twilio) -> None:
        twilio.inbound("STOP")
        assert [each["direction"] for each in twilio.settled()] == ["inbound", "outbound-reply"]

    def test_without_advanced_opt_out(self, program: Program, receiver: Receiver) -> None:
        twilio = make_account(program, {"advanced_opt_out": False, "inbound_request_url": receiver.url})
        twilio.inbound("STOP")
        twilio.settled()
        assert "OptOutType" not in told(receiver)[0]
        assert twilio.create().json()["code"] == 21610

    def test_a_number_that_is_nobodys(self, twilio: Twilio) -> None:
        twilio.program.post("/twilio/inbound", {"to": "+12025550999", "phone": PHONE, "body": "x"}, expect=404)


class TestList:
    def test_by_phone_and_page(self, twilio: Twilio) -> None:
        sids = [twilio.created(body=str(number))["sid"] for number in range(5)]
        twilio.created("+14155550199")
        page = twilio.listed(To=PHONE, PageSize="2")
        seen = [each["sid"] for each in page["messages"]]
        # A message that comes meanwhile moves nothing to another page.
        twilio.created(body="new")
        while page["next_page_uri"]:
            page = twilio.send("GET", page["next_page_uri"]).json()
            seen += [each["sid"] for each in page["messages"]]
        assert seen == sids[::-1]

    def test_by_day_sent(self, twilio: Twilio) -> None:
        twilio.program.set_clock("2026-03-08T23:59:50Z")
        twilio.created(body="before")
        twilio.settled()
        twilio.program.set_clock("2026-03-09T00:00:10Z")
        twilio.created(body="after")
        twilio.settled()

        def found(**query: str) -> list[str]:
            return [each["body"] for each in twilio.listed(**query)["messages"]]

        assert found(DateSent="2026-03-08") == ["before"]
        assert found(**{"DateSent>": "2026-03-09"}) == ["after"]
        assert found(**{"DateSent<": "2026-03-08"}) == ["before"]
        assert found(**{"DateSent>": "2026-03-08", "To": PHONE}) == ["after", "before"]

    def test_what_waits_has_no_date(self, program: Program) -> None:
        twilio = make_account(program, delivery={"step_ms": 60_000})
        twilio.created()
        assert len(twilio.listed()["messages"]) == 1
        assert twilio.listed(**{"DateSent>": "2000-01-01"})["messages"] == []

    def test_lists_may_lag(self, program: Program) -> None:
        twilio = make_account(program, listing_lag_seconds=30)
        sid = twilio.created()["sid"]
        assert twilio.listed(To=PHONE)["messages"] == []
        assert twilio.send("GET", f"/2010-04-01/Accounts/{SID}/Messages/{sid}.json").status_code == 200
        twilio.program.post("/clock", {"advance_seconds": 31})
        assert len(twilio.listed(To=PHONE)["messages"]) == 1


class TestState:
    def test_survives_a_restart(self, tmp_path: Path) -> None:
        state = str(tmp_path / "state.json")
        first = start_program("--state", state)
        twilio = make_account(first, delivery={"step_ms": 60_000})
        sid = twilio.created()["sid"]
        twilio.send("POST", f"/v1/Services/{SERVICE}", data={"InboundRequestUrl": "http://in"}).raise_for_status()
        twilio.inbound("STOP")
        first.stop()
        second = start_program("--state", state)
        try:
            twilio = Twilio(second)
            assert twilio.settled()[0]["sid"] == sid
            assert twilio.settled()[0]["status"] == "delivered"
            assert twilio.create().json()["code"] == 21610
            # A seed that is planted again takes no address away.
            make_account(second)
            service = twilio.send("GET", f"/v1/Services/{SERVICE}").json()
            assert service["inbound_request_url"] == "http://in"
        finally:
            second.stop()

    def test_demo_seed(self) -> None:
        program = start_program("--seed", "demo")
        try:
            [account] = program.get("/twilio/accounts")["accounts"]
            assert account["services"][0]["campaign_status"] == "VERIFIED"
        finally:
            program.stop()

    def test_orders_that_make_no_sense(self, program: Program) -> None:
        program.post("/twilio/numbers", {"to": PHONE, "final": "failed"}, expect=422)
        program.post("/twilio/accounts", json.loads('{"sid": "x"}'), expect=422)
        spec = {
            "sid": SID,
            "auth_token": TOKEN,
            "numbers": [SENDER],
            "services": [{"sid": SERVICE, "numbers": [SENDER]}],
        }
        program.post("/twilio/accounts", spec, expect=422)


class TestSegments:
    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("", 1),
            ("a" * 160, 1),
            ("a" * 161, 2),
            ("a" * 306, 2),
            ("a" * 307, 3),
            ("€" * 80, 1),
            ("€" * 81, 2),
            # 76 of them are 152 places: the next one does not fit into the 153 of its part.
            ("€" * 152, 2),
            ("€" * 153, 3),
            ("ä" * 160, 1),
            ("ł" * 70, 1),
            ("ł" * 71, 2),
            ("😀" * 35, 1),
            ("😀" * 36, 2),
            ("😀" * 67, 3),
        ],
    )
    def test_count(self, text: str, parts: int) -> None:
        assert segments.count(text) == parts
