"""Callbacks and answers: any order, any repetition, one outcome."""

import itertools
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from portal.core import clock, db, queue
from portal.core.ids import new_id
from portal.domain.notifications import delivery
from tests.domain.notifications.conftest import PHONE, Texting
from tests.factories import TWILIO

OTHER_PHONE = "+447700900999"


def receive(
    texting: Texting,
    kind: str,
    fields: dict[str, str],
    *,
    tenant: UUID | None = None,
    notification: UUID | None = None,
    at: datetime | None = None,
    processed: bool = True,
) -> UUID:
    """Store a webhook as the edge does, and process it."""
    event = new_id()
    query = {"notification": str(notification)} if notification else {}
    stored = {
        "id": str(event), "job_id": str(new_id()), "tenant_id": str(tenant) if tenant else None, "provider": "twilio",
        "event_type": kind, "body_hash": event.hex,
        "payload": {"fields": {"AccountSid": TWILIO["account_sid"]} | fields, "query": query},
    }  # fmt: skip
    db.worker().run_once("select portal.receive_events(%(events)s)", events=Jsonb([stored]))
    if at is not None:
        texting.rows("update portal.booking_events set received_at = %s where id = %s", at, event)
    if processed:
        queue.drain()
    return event


def sent(texting: Texting, **options: Any) -> dict[str, Any]:
    """A confirmation that Twilio has."""
    [row, *_] = texting.messages(texting.planned(**options))
    return row


def told(texting: Texting, row: dict[str, Any], status: str, **more: str) -> UUID:
    fields = {"MessageSid": row["provider_sid"], "MessageStatus": status} | more
    return receive(texting, "status", fields, tenant=texting.tenant.id, notification=row["id"])


class TestReports:
    @pytest.mark.parametrize("final", ["delivered", "undelivered", "failed"])
    def test_any_order(self, texting: Texting, final: str) -> None:
        fate = {} if final == "delivered" else {"error_code": 30007}
        texting.sandbox.post("/_sandbox/twilio/numbers", {"to": PHONE, "final": final} | fate)
        reports = ["queued", "sent", final]
        for order in itertools.permutations(reports):
            row = sent(texting)
            for status in (*order, order[0]):
                told(texting, row, status, **({"ErrorCode": "30007"} if status != "delivered" else {}))
            now = texting.row(row["id"])
            assert (now["state"], now["error_code"]) == (final, None if final == "delivered" else 30007)

    def test_contradictions_end_alike(self, texting: Texting) -> None:
        states = set()
        for order in itertools.permutations(["undelivered", "delivered", "failed"]):
            row = sent(texting)
            for status in order:
                told(texting, row, status)
            states.add(texting.row(row["id"])["state"])
        assert states == {"delivered"}

    def test_brings_the_sid(self, texting: Texting) -> None:
        """The callback overtakes the sender's own commit."""
        row = sent(texting)
        texting.rows("update portal.notifications set provider_sid = null, state = 'sending' where id = %s", row["id"])
        told(texting, row, "delivered")
        now = texting.row(row["id"])
        assert (now["state"], now["provider_sid"]) == ("delivered", row["provider_sid"])

    def test_of_another_message(self, texting: Texting) -> None:
        row = sent(texting)
        event = told(texting, row | {"provider_sid": "SM" + "9" * 32}, "failed")
        assert texting.row(row["id"])["state"] == "sent"
        [stored] = texting.rows("select * from portal.booking_events where id = %s", event)
        assert (stored["processing_status"], stored["result"]) == ("processed", "unknown_message")

    def test_of_another_tenant(self, texting: Texting) -> None:
        row = sent(texting)
        other = texting.factory.make("other", calendar=False)
        fields = {"MessageSid": row["provider_sid"], "MessageStatus": "failed"}
        receive(texting, "status", fields, tenant=other.id, notification=row["id"])
        assert texting.row(row["id"])["state"] == "sent"

    def test_at_the_platforms_address(self, texting: Texting) -> None:
        row = sent(texting)
        receive(texting, "status", {"MessageSid": row["provider_sid"], "MessageStatus": "delivered"})
        assert texting.row(row["id"])["state"] == "delivered"

    def test_event_tells_what_it_did(self, texting: Texting) -> None:
        row = sent(texting)
        event = told(texting, row, "delivered")
        [stored] = texting.rows("select * from portal.booking_events where id = %s", event)
        assert (stored["result"], stored["booking_id"]) == ("status_delivered", row["booking_id"])

    def test_cost_is_asked_for(self, texting: Texting) -> None:
        row = sent(texting)
        texting.sandbox.texts()  # final there
        told(texting, row, "delivered")
        now = texting.row(row["id"])
        assert (now["price_micros"], now["price_currency"], now["segments"]) == (7900, "USD", 1)

    def test_lost_callbacks_are_made_up_for(self, texting: Texting) -> None:
        row = sent(texting)
        texting.sandbox.texts()
        [job] = texting.rows("update portal.jobs set run_at = now() where name = 'refresh_sms' returning id")
        assert queue.run_claimed(job["id"]) == "done"
        now = texting.row(row["id"])
        assert (now["state"], now["price_micros"]) == ("delivered", 7900)

    def test_a_price_that_takes_its_time(self, texting: Texting) -> None:
        texting.sandbox.twilio(delivery={"step_ms": 0, "price_delay_ms": 1_500})
        row = sent(texting)
        texting.rows("delete from portal.jobs where name = 'refresh_sms'")
        told(texting, row, "delivered")
        assert texting.row(row["id"])["price_micros"] is None
        texting.sandbox.texts()
        texting.rows("update portal.jobs set run_at = now() where name = 'refresh_sms' and state = 'ready'")
        queue.drain()
        assert texting.row(row["id"])["price_micros"] == 7900
        assert texting.rows("select 1 from portal.jobs where name = 'refresh_sms' and state = 'ready'") == []

    def test_unknown_words(self, texting: Texting) -> None:
        row = sent(texting)
        told(texting, row, "teleported")
        assert texting.row(row["id"])["state"] == "sent"

    def test_ranks_are_total(self) -> None:
        assert len(set(delivery.RANK.values())) == len(delivery.RANK)


def suppressed(texting: Texting) -> list[tuple[str, str]]:
    rows = texting.rows(
        "select t.slug, s.phone from portal.sms_suppressions s join portal.tenants t on t.id = s.tenant_id"
        " where lifted_at is null order by 1, 2"
    )
    return [(row["slug"], row["phone"]) for row in rows]


class TestAnswers:
    def answer(self, texting: Texting, body: str, *, tenant: UUID | None = None, **options: Any) -> UUID:
        own = {} if tenant is None else {"AccountSid": "AC" + "7" * 32}
        fields = {"From": PHONE, "To": "+12025550123", "Body": body, "SmsStatus": "received"} | own
        return receive(texting, "inbound", fields, tenant=tenant, **options)

    def test_stop_and_start(self, texting: Texting) -> None:
        event = self.answer(texting, "Stop", tenant=texting.tenant.id)
        assert suppressed(texting) == [("shop", PHONE)]
        [row] = texting.rows("select reason, source_event_id from portal.sms_suppressions")
        assert row == {"reason": "stop", "source_event_id": event}
        assert texting.states(texting.planned())["confirmation"] == "dropped opted_out"
        self.answer(texting, "START", tenant=texting.tenant.id)
        assert suppressed(texting) == []
        assert texting.states(texting.planned())["confirmation"] == "sent"

    def test_the_last_word_counts_in_any_order(self, texting: Texting) -> None:
        now = clock.now()
        said = [("STOP", now), ("START", now + timedelta(seconds=1)), ("CANCEL", now + timedelta(seconds=2))]
        for words, expected in ((said, [("shop", PHONE)]), (said[:2], [])):
            for order in itertools.permutations(words):
                texting.rows("delete from portal.sms_suppressions")
                for body, at in (*order, order[0]):
                    self.answer(texting, body, tenant=texting.tenant.id, at=at)
                assert suppressed(texting) == expected

    @pytest.mark.parametrize(("body", "result"), [("HELP", "help"), ("Can I bring my dog?", "no_keyword")])
    def test_other_words(self, texting: Texting, body: str, result: str) -> None:
        event = self.answer(texting, body, tenant=texting.tenant.id)
        assert suppressed(texting) == []
        [row] = texting.rows("select result from portal.booking_events where id = %s", event)
        assert row["result"] == result

    def test_the_platforms_number_stands_for_all_who_used_it(self, texting: Texting) -> None:
        used, unused = (texting.factory.make(slug, calendar=False) for slug in ("used", "unused"))
        texting.planned()
        booking = texting.booking(tenant=used)
        texting.rows(
            "insert into portal.tenant_sms_settings (tenant_id, quiet_hours_enabled) values (%s, false)", used.id
        )
        texting.change(booking)
        queue.drain()
        texting.planned(tenant=unused, phone=OTHER_PHONE)
        self.answer(texting, "STOP")
        assert suppressed(texting) == [("shop", PHONE), ("used", PHONE)]

    def test_a_tenants_own_number_stands_for_itself(self, texting: Texting) -> None:
        other = texting.factory.make("other", calendar=False)
        texting.planned()
        self.answer(texting, "STOP", tenant=other.id)
        assert suppressed(texting) == [("other", PHONE)]

    def test_what_may_be_a_stop_waits_for_the_business(self, texting: Texting) -> None:
        self.answer(texting, "Stop, I need to move it to 5", tenant=texting.tenant.id)
        [row] = texting.rows("select reason, said from portal.sms_suppressions")
        assert row == {"reason": "unsure", "said": "Stop, I need to move it to 5"}
        booking_id = texting.planned()
        assert texting.states(booking_id)["confirmation"] == "planned"
        [waiting] = [each for each in texting.messages(booking_id) if each["kind"] == "confirmation"]
        assert waiting["due_at"] > clock.now() + timedelta(minutes=4)
        assert texting.sandbox.texts() == []
        texting.rows("update portal.sms_suppressions set lifted_at = now()")
        texting.make_due(booking_id, "confirmation")
        queue.drain()
        assert texting.states(booking_id)["confirmation"] == "sent"

    def test_a_held_message_that_is_too_late_is_dropped(self, texting: Texting) -> None:
        self.answer(texting, "should I reply STOP?", tenant=texting.tenant.id)
        booking_id = texting.planned()
        began = clock.now() - timedelta(hours=1)
        texting.rows("update portal.bookings set start_time = %s where id = %s", began, booking_id)
        texting.rows("update portal.notifications set start_time = %s", began)
        texting.make_due(booking_id, "confirmation")
        queue.drain()
        assert texting.states(booking_id)["confirmation"] == "dropped too_late"

    def test_an_unsure_answer_lifts_no_stop(self, texting: Texting) -> None:
        self.answer(texting, "STOP", tenant=texting.tenant.id)
        self.answer(texting, "should I reply STOP?", tenant=texting.tenant.id, at=clock.now() + timedelta(seconds=5))
        assert texting.rows("select reason, said from portal.sms_suppressions") == [{"reason": "stop", "said": None}]

    def test_a_stop_decides_what_was_unsure(self, texting: Texting) -> None:
        self.answer(texting, "should I reply STOP?", tenant=texting.tenant.id)
        self.answer(texting, "STOP", tenant=texting.tenant.id, at=clock.now() + timedelta(seconds=5))
        assert texting.rows("select reason, said from portal.sms_suppressions") == [{"reason": "stop", "said": None}]
