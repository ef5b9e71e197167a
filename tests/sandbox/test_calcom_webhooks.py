"""Deliveries look as the recorded ones, are signed over the bytes sent, and happen inside the call."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.sandbox.conftest import SPECS, WEEKDAYS, Calcom, Program, make_account

RECORDING = SPECS / "calcom-recorded.json"
SAMPLES = SPECS / "calcom-webhook-samples.json"
TRIGGERS = [
    "BOOKING_CREATED",
    "BOOKING_REQUESTED",
    "BOOKING_REJECTED",
    "BOOKING_RESCHEDULED",
    "BOOKING_CANCELLED",
    "BOOKING_NO_SHOW_UPDATED",
    "BOOKING_PAYMENT_INITIATED",
    "BOOKING_PAID",
    "MEETING_ENDED",
]
VOLATILE = {"createdAt", "uid", "iCalUID", "bookingId", "rescheduleId", "rescheduleUid", "oneTimePassword"}


@dataclass
class Receiver:
    """Keeps what it is sent: headers in lower case, and the body's bytes."""

    url: str
    status: int = 200
    delay_seconds: float = 0.0
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def payloads(self) -> list[tuple[str, Any]]:
        bodies = [json.loads(raw) for _, raw in self.received]
        return [(body["triggerEvent"], body.get("payload", body)) for body in bodies]

    def triggers(self) -> list[str]:
        return [trigger for trigger, _ in self.payloads()]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw, status = self.rfile.read(int(self.headers["content-length"])), found.status
            found.received.append(({name.lower(): value for name, value in self.headers.items()}, raw))
            time.sleep(found.delay_seconds)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def subscribed(program: Program, receiver: Receiver) -> Calcom:
    program.set_clock("2026-11-22T07:12:46Z")
    base = {"length_minutes": 30, "location": "Street 1"}
    kinds = [
        base | {"id": 2, "slug": "room", "title": "Room"},
        base | {"id": 3, "slug": "confirm", "title": "Confirm", "requires_confirmation": True},
        base | {"id": 4, "slug": "paid", "title": "Paid", "price": 4500, "paid_after_seconds": 60},
    ]
    calcom = make_account(program, event_types=kinds, schedule=WEEKDAYS)
    subscribe(calcom, receiver, secret="whsecret")
    return calcom


def subscribe(calcom: Calcom, receiver: Receiver, **more: Any) -> None:
    hook = {"active": True, "subscriberUrl": receiver.url, "triggers": TRIGGERS} | more
    assert calcom.send("POST", "/webhooks", json=hook).status_code == 201


def scrubbed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "*" if key in VOLATILE and item is not None else scrubbed(item) for key, item in value.items()}
    return [scrubbed(item) for item in value] if isinstance(value, list) else value


class TestRecordedDeliveries:
    @pytest.mark.skipif(not RECORDING.exists(), reason="the recorded deliveries are not in ../shared/specs")
    def test_the_same_events_give_the_same_payloads(self, subscribed: Calcom, receiver: Receiver) -> None:
        berlin, key = {"timeZone": "Europe/Berlin"}, {"metadata": {"idempotency_key": "b-1"}}
        ana = subscribed.booked("2026-12-08T08:30:00Z", **key)["uid"]
        phone = {"timeZone": "America/New_York", "phoneNumber": "+14155550123"}
        cara = {"name": "Cara", "email": "cara@example.com"} | phone
        notes = {"bookingFieldsResponses": {"notes": "left side please"}}
        subscribed.booked("2026-12-08T09:00:00Z", attendee=cara, **notes, **key)
        moved = subscribed.act(ana, "reschedule", {"start": "2026-12-08T12:00:00Z"}).json()["data"]["uid"]
        subscribed.act(moved, "cancel", {"cancellationReason": "ill"}).raise_for_status()
        eve = {"attendee": {"name": "Eve", "email": "eve@example.com"} | berlin, "event_type": 3}
        subscribed.booked("2027-04-13T14:30:00Z", **eve)
        asked = subscribed.booked("2027-04-13T13:30:00Z", **eve)["uid"]
        receiver.received.pop()
        subscribed.act(asked, "decline", {"reason": "fully staffed elsewhere"}).raise_for_status()

        recorded = json.loads(RECORDING.read_text())["webhook_deliveries"]
        assert [trigger for trigger, _ in receiver.payloads()] == [delivery["trigger"] for delivery in recorded]
        for delivery, (trigger, payload) in zip(recorded, receiver.payloads(), strict=True):
            assert scrubbed(payload) == scrubbed(json.loads(delivery["raw_body"])["payload"]), trigger


class TestDelivery:
    def test_signature_is_of_the_bytes_sent(self, subscribed: Calcom, receiver: Receiver) -> None:
        subscribed.booked("2026-12-08T10:00:00Z", attendee={"name": "Zoë 🎈"})
        ((headers, raw),) = receiver.received
        assert headers["x-cal-signature-256"] == hmac.new(b"whsecret", raw, hashlib.sha256).hexdigest()
        assert "Zoë 🎈".encode() in raw

    def test_without_a_secret(self, program: Program, receiver: Receiver) -> None:
        program.set_clock("2026-11-22T07:12:46Z")
        calcom = make_account(program)
        subscribe(calcom, receiver)
        calcom.booked("2026-12-08T10:00:00Z")
        assert receiver.received[0][0]["x-cal-signature-256"] == "no-secret-provided"

    def test_it_happens_inside_the_call(self, subscribed: Calcom, receiver: Receiver) -> None:
        receiver.delay_seconds = 0.4
        began = time.monotonic()
        subscribed.booked("2026-12-08T10:00:00Z")
        assert time.monotonic() - began >= 0.4

    def test_a_failing_receiver_fails_no_booking_and_hears_no_second_time(
        self, subscribed: Calcom, receiver: Receiver
    ) -> None:
        receiver.status = 500
        subscribed.booked("2026-12-08T10:00:00Z")
        assert len(receiver.received) == 1

    def test_nobody_listening(self, subscribed: Calcom, receiver: Receiver) -> None:
        hook = subscribed.send("GET", "/webhooks").json()["data"][0]["id"]
        subscribed.send("PATCH", f"/webhooks/{hook}", json={"active": False}).raise_for_status()
        subscribed.booked("2026-12-08T10:00:00Z")
        assert receiver.received == []

    def test_an_account_may_switch_them_off(self, program: Program, receiver: Receiver) -> None:
        program.set_clock("2026-11-22T07:12:46Z")
        calcom = make_account(program, webhooks=False)
        subscribe(calcom, receiver)
        calcom.booked("2026-12-08T10:00:00Z")
        assert receiver.received == []

    def test_absence_names_the_booking_another_way(self, subscribed: Calcom, receiver: Receiver) -> None:
        uid = subscribed.booked("2026-12-08T10:00:00Z")["uid"]
        subscribed.program.set_clock("2026-12-08T10:10:00Z")
        people = {"attendees": [{"email": "ana@example.com", "absent": True}]}
        subscribed.act(uid, "mark-absent", people).raise_for_status()
        trigger, payload = receiver.payloads()[-1]
        assert (trigger, payload["bookingUid"], payload["attendees"]) == (
            "BOOKING_NO_SHOW_UPDATED",
            uid,
            [{"email": "ana@example.com", "noShow": True}],
        )


class TestAsTimePasses:
    def test_an_end_is_told_once(self, subscribed: Calcom, receiver: Receiver) -> None:
        uid = subscribed.booked("2026-12-08T10:00:00Z", metadata={"kept": "here"})["uid"]
        cancelled = subscribed.booked("2026-12-08T11:00:00Z")["uid"]
        subscribed.act(cancelled, "cancel", {"cancellationReason": "ill"}).raise_for_status()
        receiver.received.clear()
        for now in ("2026-12-08T10:29:00Z", "2026-12-08T10:30:00Z", "2026-12-08T15:00:00Z"):
            subscribed.program.set_clock(now)
        [(trigger, body)] = receiver.payloads()
        assert (trigger, body["uid"], body["metadata"]) == ("MEETING_ENDED", uid, {"kept": "here"})
        assert (body["startTime"], body["endTime"]) == ("2026-12-08T10:00:00.000Z", "2026-12-08T10:30:00.000Z")

    @pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not in ../shared/specs")
    def test_an_end_has_the_documented_shape(self, subscribed: Calcom, receiver: Receiver) -> None:
        subscribed.booked("2026-12-08T10:00:00Z")
        subscribed.program.set_clock("2026-12-09T10:00:00Z")
        assert shape(json.loads(receiver.received[-1][1])) == shape(json.loads(SAMPLES.read_text())["MEETING_ENDED"])

    def test_without_an_order_too(self, subscribed: Calcom, receiver: Receiver) -> None:
        """The clock that runs by itself comes to the end of a meeting."""
        subscribed.booked("2026-12-08T10:00:00Z")
        subscribed.program.set_clock("2026-12-08T10:29:59Z", frozen=False)
        deadline = time.monotonic() + 10
        while receiver.triggers()[-1] != "MEETING_ENDED":
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def test_paid_before_it_counts(self, subscribed: Calcom, receiver: Receiver) -> None:
        made = subscribed.booked("2026-12-08T10:00:00Z", event_type=4)
        assert made["status"] == "pending"
        [(trigger, payload)] = receiver.payloads()
        assert (trigger, payload["price"], payload["currency"]) == ("BOOKING_PAYMENT_INITIATED", 4500, "usd")
        subscribed.program.set_clock("2026-11-22T07:13:47Z")
        assert receiver.triggers()[1:] == ["BOOKING_CREATED", "BOOKING_PAID"]
        assert receiver.payloads()[-1][1]["paymentId"] == payload["paymentId"]
        assert subscribed.read(made["uid"])["status"] == "accepted"
        moved = subscribed.act(made["uid"], "reschedule", {"start": "2026-12-08T12:00:00Z"}).json()["data"]
        assert (moved["status"], receiver.triggers()[-1]) == ("accepted", "BOOKING_RESCHEDULED")


def shape(value: Any) -> Any:
    """Which fields there are, at every depth."""
    if isinstance(value, dict):
        free = {"metadata", "responses", "customInputs"}
        return {key: None if key in free else shape(item) for key, item in value.items()}
    return [shape(item) for item in value[:1]] if isinstance(value, list) else None
