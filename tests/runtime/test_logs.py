"""A whole run with things going wrong in it; afterwards nothing of any customer stands in any log."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from portal.domain import demo_people
from portal.runtime.folder import read_state
from tests.runtime.test_demo import Demo, demo
from tests.runtime.waiting import eventually

__all__ = ["demo"]

pytestmark = [pytest.mark.faults, pytest.mark.timeout(420)]

SLUG = "bobs-barbershop"
NAME, EMAIL, PHONE = "Zebulon Quartermain", "zebulon.q@private-mail.example", "+14155550166"
NOTES, SAID, TEXTED = "Allergic to lanolin, please", "My mother is called Philippa", "Where is the entrance again"
PERSONAL = (
    *("zebulon", "quartermain", "private-mail", "lanolin", "philippa", "where is the entrance"),
    *(PHONE[1:], PHONE[2:], "(415) 555-0166", "415-555-0166"),
)


class Guest:
    """A customer's browser, the owner's program and the phone of both, against a running demo."""

    def __init__(self, demo: Demo) -> None:
        host = {"Host": f"{SLUG}.localhost:{demo.port}"}
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{demo.port}", headers=host, timeout=30)
        port = read_state(demo.state / "demo.json")["sandbox_port"]
        self.sandbox = httpx.Client(base_url=f"http://127.0.0.1:{port}/_sandbox", timeout=30)
        self.told: list[str] = []  # secrets that were handed out on the way

    def post(self, path: str, body: Any, *, status: int | None = None, **headers: str) -> Any:
        answer = self.client.post(f"/v1{path}", json=body, headers=headers)
        assert status in (None, answer.status_code), answer.text
        return answer.json() if answer.headers.get("content-type", "").startswith("application/json") else None

    def owner(self, method: str, path: str, body: Any = None) -> Any:
        if not self.told:
            person = {"email": demo_people.owner_of(SLUG), "password": demo_people.PASSWORD}
            self.told.append(self.post("/admin/auth/sign-in", person, status=200)["access_token"])
        headers = {"Authorization": f"Bearer {self.told[0]}"}
        answer = self.client.request(method, f"/v1/admin{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def fault(self, **order: Any) -> None:
        self.sandbox.post("/faults", json=order).raise_for_status()

    def free_times(self) -> Iterator[tuple[str, str]]:
        service = self.client.get("/v1/public/tenant").json()["services"][0]["id"]
        for days in range(3, 12):
            day = str((datetime.now(UTC) + timedelta(days=days)).date())
            query = {"service_id": service, "date": day}
            for slot in self.client.get("/v1/public/availability", params=query).json()["slots"][::8]:
                yield service, slot["start"]

    def book(self, service: str, start: str, *, status: int | None = 201) -> Any:
        body = {
            "service_id": service, "start_time": start, "customer_name": NAME, "customer_email": EMAIL,
            "customer_phone": PHONE, "notes": NOTES, "consent_sms": True,
        }  # fmt: skip
        return self.post("/bookings", body, status=status, **{"Idempotency-Key": uuid4().hex})

    def states(self) -> list[str]:
        """Of this customer's messages: the demo has others from weeks back."""
        return [each["state"] for each in self.owner("GET", "/messages")["items"] if each["phone"] == PHONE]

    def has_opted_out(self) -> bool:
        return PHONE in [each["phone"] for each in self.owner("GET", "/messages/suppressions")["items"]]

    def close(self) -> None:
        self.client.close()
        self.sandbox.close()


@pytest.fixture
def guest(demo: Demo) -> Iterator[Guest]:
    demo.start()
    found = Guest(demo)
    yield found
    found.close()


def live(guest: Guest) -> None:
    """Book, chat, get messages and answer them, while the providers fail now and then."""
    settings = guest.owner("GET", "/sms-settings")
    guest.owner("PATCH", "/sms-settings", {"quiet_hours_enabled": False, "version": settings["version"]})
    times = guest.free_times()
    sending = {"method": "POST", "path_regex": "Messages"}
    unknown = {"code": 21211, "message": f"Invalid 'To' Phone Number: {PHONE}", "status": 400}
    guest.fault(provider="twilio", match=sending, times=1, status=503, body=PHONE)
    guest.fault(provider="twilio", match=sending, times=1, status=400, body=unknown)
    guest.book(*next(times))
    refusal = {"status": "error", "error": {"code": "BadRequestException", "message": f"{EMAIL} is odd"}}
    creating = {"method": "POST", "path_regex": "/bookings$"}
    guest.fault(provider="calcom", match=creating, times=1, status=400, body=refusal)
    guest.book(*next(times), status=None)
    guest.fault(provider="calcom", match=creating, times=1, lost_reply=True)
    guest.book(*next(times), status=None)
    guest.book(*next(times))
    booking = guest.book(*next(times))
    guest.told.append(booking["manage_url"].rpartition("/")[2])
    session = guest.post("/chat/session", {})["session_id"]
    for words in (SAID, f"I am {NAME}, {EMAIL}, {PHONE}. Can I have a haircut tomorrow at noon?"):
        guest.client.post("/v1/chat/stream", json={"session_id": session, "message": words}).raise_for_status()
    guest.client.get(f"/manage/{guest.told[-1]}")
    guest.post("/bookings", {"customer_email": EMAIL, "customer_phone": "nonsense"}, status=400)
    guest.client.post("/v1/webhooks/twilio/inbound", data={"From": PHONE, "Body": TEXTED})
    assert eventually(lambda: "failed" in guest.states() and "delivered" in guest.states(), 150), guest.states()
    for words in (TEXTED, "STOP"):
        order = {"to": "+12025550190", "phone": PHONE, "body": words}
        guest.sandbox.post("/twilio/inbound", json=order).raise_for_status()
    assert eventually(guest.has_opted_out, 30)


def test_no_customer_in_any_log(demo: Demo, guest: Guest) -> None:
    live(guest)
    assert guest.told
    demo.send(signal.SIGINT)
    logs = {path.name: path.read_text(errors="replace") for path in sorted((demo.state / "logs").iterdir())}
    assert logs["web.log"].count('"event": "request"') > 20
    for name, text in logs.items():
        found = [word for word in (*PERSONAL, *guest.told) if word.lower() in text.lower()]
        assert found == [], name
    for name, event, field in (("web.log", "request", "request_id"), ("worker-1.log", "job_failed", "job_id")):
        lines = [json.loads(line) for line in logs[name].splitlines() if line.startswith("{")]
        named = [line.get(field) for line in lines if line["event"] == event]
        assert named, name
        assert all(named), name
