"""A message's whole way, over real HTTP: sent, reported back (in disorder and twice), answered with STOP and START."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from portal.api.app import create_api
from portal.api.middleware import wrap
from portal.core import queue
from portal.core.settings import get_settings
from tests.domain.notifications.conftest import PHONE, Texting
from tests.factories import TWILIO_NUMBER

DISORDER = {"step_ms": 0, "callbacks": "shuffled", "copies": 3}


@pytest.fixture
def served(texting: Texting) -> Iterator[Texting]:
    """The API where the stand-in's callbacks go."""
    with socket.create_server(("127.0.0.1", get_settings().port)) as listener:
        config = uvicorn.Config(wrap(create_api()), log_level="warning", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            yield texting
        finally:
            server.should_exit = True
            thread.join(10)


def answered(texting: Texting) -> list[Any]:
    return [callback["answered"] for text in texting.sandbox.texts() for callback in text["callbacks"]]


class TestJourney:
    @pytest.mark.parametrize(("final", "code"), [("delivered", None), ("undelivered", 30003), ("failed", 30007)])
    def test_reports_in_disorder_and_again(self, served: Texting, final: str, code: int | None) -> None:
        served.sandbox.twilio(delivery=DISORDER)
        fate = {"error_code": code} if code else {}
        served.sandbox.post("/_sandbox/twilio/numbers", {"to": PHONE, "final": final} | fate)
        made = [served.planned() for _ in range(5)]
        assert set(answered(served)) == {200}
        queue.drain()
        for booking in made:
            [row, *_] = served.messages(booking)
            assert (row["state"], row["error_code"]) == (final, code)
            assert row["price_micros"] == (0 if final == "failed" else 7900)
        events = served.rows("select processing_status, result from portal.booking_events")
        reports = 2 if final == "failed" else 3
        assert len(events) == 5 * reports  # the copies are the same events
        assert {event["processing_status"] for event in events} == {"processed"}
        assert served.rows("select 1 from portal.job_failures") == []

    def test_stop_and_start_from_the_phone(self, served: Texting) -> None:
        served.sandbox.twilio(
            service={"inbound_request_url": f"http://shop.localhost:{get_settings().port}/v1/webhooks/twilio/inbound"}
        )
        arrived = {"sent", "delivered"}  # as far as its reports have come
        assert served.states(served.planned())["confirmation"] in arrived
        for number, (body, expected) in enumerate((("Stop", {"dropped opted_out"}), ("START", arrived)), 1):
            served.sandbox.post("/_sandbox/twilio/inbound", {"to": TWILIO_NUMBER, "phone": PHONE, "body": body})
            wait_for_answers(served, number)
            assert served.states(served.planned())["confirmation"] in expected

    def test_twilios_own_stop_becomes_ours(self, served: Texting) -> None:
        """The answer never reached us: 21610 tells."""
        served.sandbox.post("/_sandbox/twilio/inbound", {"to": TWILIO_NUMBER, "phone": PHONE, "body": "STOP"})
        assert served.states(served.planned())["confirmation"] == "failed opted_out"
        assert served.states(served.planned())["confirmation"] == "dropped opted_out"


def wait_for_answers(texting: Texting, count: int, seconds: float = 10) -> None:
    """Until so many answers are stored and processed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        queue.drain()
        processed = texting.rows(
            "select 1 from portal.booking_events where event_type = 'inbound' and processing_status = 'processed'"
        )
        if len(processed) == count:
            return
        time.sleep(0.05)
    raise AssertionError("the answer did not come")
