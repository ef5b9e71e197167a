"""Sending: once, whatever happens on the way, and only what may be sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal.core import clock, queue
from portal.domain.notifications import planning, sending
from tests.domain.notifications.conftest import CREATE, PHONE, US_PHONE, Texting
from tests.factories import TWILIO


class TestSent:
    def test_as_planned(self, texting: Texting) -> None:
        made = texting.planned()
        message = texting.make_due(made, "reminder_2h")
        queue.drain()
        row = texting.row(message)
        [_, text] = texting.sandbox.texts()
        assert (row["state"], row["provider_sid"], row["body"], row["to_phone"]) == (
            "sent", text["sid"], text["body"], PHONE,
        )  # fmt: skip
        assert (row["from_account"], row["segments"]) == ("platform", 1)
        assert text["status_callback"].endswith(
            f"/v1/webhooks/twilio/status/{texting.tenant.id}?notification={message}"
        )

    def test_in_the_tenants_words_and_zone(self, texting: Texting) -> None:
        texting.set(templates='{"confirmation": "{name}: {service}, {date}, {time}"}')
        local = datetime(2027, 7, 5, 16, 30, tzinfo=clock.now().tzinfo)
        texting.planned(local)  # UTC; the shop is in New York
        [text] = texting.sandbox.texts()
        assert text["body"] == "Ana: Haircut, Mon, Jul 5, 12:30 PM"

    def test_the_job_again_does_nothing(self, texting: Texting) -> None:
        made = texting.planned()
        message = texting.messages(made)[0]["id"]
        texting.rows("update portal.jobs set state = 'ready', run_at = now() where id = %s", texting.job(message))
        assert queue.run_claimed(texting.job(message)) == "done"
        assert len(texting.sandbox.texts()) == 1


class TestUncertain:
    @pytest.mark.parametrize("fault", [{"lost_reply": True}, {"drop_before": True}])
    def test_no_answer(self, texting: Texting, fault: dict[str, Any]) -> None:
        texting.sandbox.fault(provider="twilio", match=CREATE, **fault)
        [message] = [row for row in texting.messages(texting.planned()) if row["kind"] == "confirmation"]
        assert message["state"] == "sending"
        assert texting.attempt_again(message["id"]) == "done"
        [text] = texting.sandbox.texts()
        row = texting.row(message["id"])
        assert (row["state"], row["provider_sid"]) == ("sent", text["sid"])

    def test_again_and_again(self, texting: Texting) -> None:
        """Nothing arrives twice however often the answer is lost or the request is."""
        texting.sandbox.fault(provider="twilio", match=CREATE, drop_before=True, times=3)
        texting.sandbox.fault(provider="twilio", match=CREATE, lost_reply=True)
        [message] = [row for row in texting.messages(texting.planned()) if row["kind"] == "confirmation"]
        outcomes = [texting.attempt_again(message["id"]) for _ in range(4)]
        assert outcomes == ["retry", "retry", "retry", "done"]
        assert len(texting.sandbox.texts()) == 1

    def test_not_before_twilio_lists_it(self, texting: Texting) -> None:
        texting.sandbox.fault(provider="twilio", match=CREATE, lost_reply=True)
        [message] = [row for row in texting.messages(texting.planned()) if row["kind"] == "confirmation"]
        assert texting.attempt_again(message["id"], ago="1 second") == "retry"
        assert texting.row(message["id"])["state"] == "sending"
        assert texting.attempt_again(message["id"]) == "done"
        assert len(texting.sandbox.texts()) == 1

    def test_when_twilio_cannot_be_asked(self, texting: Texting) -> None:
        texting.sandbox.fault(provider="twilio", match=CREATE, lost_reply=True)
        [message] = [row for row in texting.messages(texting.planned()) if row["kind"] == "confirmation"]
        texting.sandbox.fault(provider="twilio", match={"method": "GET"}, status=503, times=3)
        assert texting.attempt_again(message["id"]) == "retry"
        assert texting.row(message["id"])["state"] == "sending"
        assert texting.attempt_again(message["id"]) == "done"
        assert len(texting.sandbox.texts()) == 1

    def test_the_same_words_of_another_booking(self, texting: Texting) -> None:
        """Two children, one phone, one hour: each message is one of its own."""
        start = clock.now().replace(microsecond=0) + timedelta(hours=72)
        texting.planned(start)
        texting.sandbox.fault(provider="twilio", match=CREATE, drop_before=True)
        [message] = [row for row in texting.messages(texting.planned(start)) if row["kind"] == "confirmation"]
        assert texting.attempt_again(message["id"]) == "done"
        first, second = texting.sandbox.texts()
        assert first["body"] == second["body"]
        assert texting.row(message["id"])["provider_sid"] == second["sid"]

    def test_killed_before_the_call(self, texting: Texting) -> None:
        made = texting.planned()
        message = texting.make_due(made, "reminder_24h")
        [job] = [texting.job(message)]
        texting.rows(
            "update portal.notifications set state = 'sending', attempted_at = now() - interval '2 minutes',"
            " body = 'as it was' where id = %s", message,
        )  # fmt: skip
        texting.rows(
            "update portal.jobs set state = 'running', attempts = 1, lease_until = now() - interval '1 s'"
            " where id = %s", job,
        )  # fmt: skip
        assert queue.drain() == 1
        assert texting.row(message)["state"] == "sent"
        assert len(texting.sandbox.texts()) == 2

    def test_moved_meanwhile(self, texting: Texting) -> None:
        texting.sandbox.fault(provider="twilio", match=CREATE, drop_before=True)
        made = texting.planned()
        [message] = [row for row in texting.messages(made) if row["kind"] == "confirmation"]
        texting.change(made, start_time=clock.now() + timedelta(hours=90))
        assert texting.attempt_again(message["id"]) == "done"
        row = texting.row(message["id"])
        assert (row["state"], row["reason"]) == ("cancelled", "booking_changed")
        assert texting.sandbox.texts() == []


class TestRefused:
    @pytest.mark.parametrize(
        ("code", "state", "reason"), [(21211, "failed", "refused"), (21610, "failed", "opted_out")]
    )
    def test_for_good(self, texting: Texting, code: int, state: str, reason: str) -> None:
        texting.sandbox.post("/_sandbox/twilio/numbers", {"to": PHONE, "refuse": code})
        [message, *_] = texting.messages(texting.planned())
        assert (message["state"], message["reason"], message["error_code"]) == ("failed", reason, code)
        suppressed = texting.rows("select phone, reason, lifted_at from portal.sms_suppressions")
        assert suppressed == ([{"phone": PHONE, "reason": "provider", "lifted_at": None}] if code == 21610 else [])
        assert texting.rows("select 1 from portal.job_failures") == []

    def test_busy(self, texting: Texting) -> None:
        texting.sandbox.fault(provider="twilio", match=CREATE, status=429, body={"code": 20429, "status": 429})
        [message, *_] = texting.messages(texting.planned())
        assert (message["state"], message["attempted_at"]) == ("queued", None)
        assert texting.attempt_again(message["id"]) == "done"
        assert len(texting.sandbox.texts()) == 1

    def test_wrong_credentials_wait_for_right_ones(self, texting: Texting, configure: Callable[..., None]) -> None:
        configure(TWILIO_AUTH_TOKEN="0" * 32)
        texting.set(a2p_status="approved")
        [message, *_] = texting.messages(texting.planned())
        assert (message["state"], message["reason"], message["error_code"]) == ("queued", "refused", 20003)
        configure(TWILIO_AUTH_TOKEN=TWILIO["auth_token"])
        assert texting.attempt_again(message["id"]) == "done"
        row = texting.row(message["id"])
        assert (row["state"], row["reason"], row["error_code"]) == ("sent", None, None)


class TestMayNot:
    def outcome(self, texting: Texting, **options: Any) -> str:
        return texting.states(texting.planned(**options))["confirmation"]

    def test_opted_out(self, texting: Texting) -> None:
        texting.rows(
            "insert into portal.sms_suppressions (tenant_id, phone, reason) values (%s, %s, 'stop')",
            texting.tenant.id, PHONE,
        )  # fmt: skip
        assert self.outcome(texting) == "dropped opted_out"
        texting.rows("update portal.sms_suppressions set lifted_at = now()")
        assert self.outcome(texting) == "sent"

    def test_no_account(self, texting: Texting, configure: Callable[..., None]) -> None:
        configure(TWILIO_MESSAGING_SERVICE_SID="")
        assert self.outcome(texting) == "dropped no_account"

    def test_closed_site(self, texting: Texting) -> None:
        texting.rows("update portal.tenants set status = 'suspended'")
        assert self.outcome(texting) == "dropped site_closed"

    @pytest.mark.parametrize(
        ("campaign", "phone", "expected"),
        [
            ("VERIFIED", US_PHONE, "sent"), ("VERIFIED", PHONE, "sent"), (None, PHONE, "sent"),
            ("PENDING", US_PHONE, "dropped not_registered"), ("FAILED", US_PHONE, "dropped not_registered"),
            (None, US_PHONE, "dropped not_registered"),
        ],
    )  # fmt: skip
    def test_us_numbers_need_a_registration(
        self, texting: Texting, campaign: str | None, phone: str, expected: str
    ) -> None:
        texting.sandbox.twilio(service={"campaign_status": campaign})
        assert self.outcome(texting, phone=phone) == expected

    def test_registration_is_asked_for_again(self, texting: Texting) -> None:
        texting.sandbox.twilio(service={"campaign_status": "PENDING"})
        assert self.outcome(texting, phone=US_PHONE) == "dropped not_registered"
        texting.sandbox.twilio(service={"campaign_status": "VERIFIED"})
        assert self.outcome(texting, phone=US_PHONE) == "dropped not_registered"  # not at every message
        texting.rows("update portal.tenant_sms_settings set a2p_checked_at = now() - interval '2 hours'")
        assert self.outcome(texting, phone=US_PHONE) == "sent"

    def test_too_late(self, texting: Texting) -> None:
        made = texting.planned(timedelta(hours=30))
        later = clock.now() + timedelta(hours=28, minutes=45)
        with time_machine.travel(later):
            assert planning.release(10) == 2
            queue.drain()
        assert texting.states(made) == {
            "confirmation": "sent", "reminder_24h": "dropped too_late", "reminder_2h": "sent",
        }  # fmt: skip

    def test_not_at_night(self, texting: Texting) -> None:
        """What was queued before the night and comes to be sent in it waits for the morning."""
        texting.set(quiet_hours_enabled=True)
        evening = datetime(2027, 1, 12, 1, 50, tzinfo=clock.now().tzinfo)  # 20:50 in New York
        with time_machine.travel(evening):
            made = texting.planned(evening + timedelta(hours=24, seconds=5))
            texting.rows("update portal.notifications set due_at = %s where kind = 'reminder_24h'", evening)
            assert planning.release(10) == 1
        with time_machine.travel(evening + timedelta(minutes=20)):
            queue.drain()
        [row] = [row for row in texting.messages(made) if row["kind"] == "reminder_24h"]
        assert (row["state"], row["due_at"]) == ("planned", datetime(2027, 1, 12, 13, tzinfo=evening.tzinfo))


class TestGivenUp:
    @pytest.mark.parametrize(("fault", "expected"), [("status", "dropped too_late"), ("drop_before", "failed unknown")])
    def test_is_put_away_once_too_late(self, texting: Texting, fault: str, expected: str) -> None:
        order = {"status": {"status": 429}, "drop_before": {"drop_before": True}}[fault]
        texting.sandbox.fault(provider="twilio", match=CREATE, times=None, **order)
        made = texting.planned()
        waiting = texting.states(made)["confirmation"]
        planning.close_stale()
        texting.rows("update portal.notifications set start_time = now() - interval '1 minute'")
        planning.close_stale()
        assert texting.states(made)["confirmation"] == waiting  # its job may still do it
        texting.rows("update portal.jobs set state = 'dead'")
        planning.close_stale()
        assert texting.states(made)["confirmation"] == expected


def test_callback_address_is_ours(texting: Texting) -> None:
    address = sending.callback_url(texting.tenant.id, texting.tenant.id)
    assert address.startswith("http://shop.localhost:")
