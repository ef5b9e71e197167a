"""Whatever moment a worker dies at, each message is sent once: counted from Twilio's stand-in's own record."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from portal.core import queue
from tests.domain.notifications.conftest import Texting, texting
from tests.domain.notifications.test_receiving import receive
from tests.factories import TenantFactory, insert
from tests.faults.conftest import Die
from tests.faults.killing import addresses, kills, store

__all__ = ["texting"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
TWILIO_ADDRESSES = ("TWILIO_BASE_URL", "TWILIO_MESSAGING_BASE_URL")


@pytest.fixture
def phones() -> Iterator[str]:
    return (f"+4478{number:08d}" for number in range(1, 10_000))


class TestKilled:
    @kills("send_sms")
    def test_while_sending(self, texting: Texting, die_at_each_step: Die, phones: Iterator[str]) -> None:
        made: list[tuple[str, UUID]] = []

        def make() -> UUID:
            phone = next(phones)
            booking = texting.booking(phone=phone)
            made.append((phone, booking))
            queue.run_claimed(store("schedule_booking_reminders", texting.tenant.id, booking_id=booking))
            return texting.job(texting.messages(booking)[0]["id"])

        def check() -> None:
            phone, booking = made[-1]
            [text] = texting.sandbox.texts(to=phone)
            [confirmation, *_] = texting.messages(booking)
            assert (confirmation["state"], confirmation["provider_sid"]) == ("sent", text["sid"])

        deaths = die_at_each_step(make, addresses("TWILIO_BASE_URL"), check)
        assert deaths > 30
        assert len(texting.sandbox.texts()) == len(made)

    @kills("schedule_booking_reminders")
    def test_while_planning(self, texting: Texting, die_at_each_step: Die, phones: Iterator[str]) -> None:
        made: list[UUID] = []

        def make() -> UUID:
            made.append(texting.booking(phone=next(phones)))
            return store("schedule_booking_reminders", texting.tenant.id, booking_id=made[-1])

        def check() -> None:
            assert texting.states(made[-1]) == {
                "confirmation": "sent", "reminder_24h": "planned", "reminder_2h": "planned",
            }  # fmt: skip

        deaths = die_at_each_step(make, addresses(), check)
        assert deaths > 20
        assert len(texting.sandbox.texts()) == len(made)

    @kills("release_notifications")
    def test_while_releasing(self, texting: Texting, die_at_each_step: Die, phones: Iterator[str]) -> None:
        texting.set(send_confirmation=False)
        made: list[UUID] = []

        def make() -> UUID:
            made.append(texting.planned(phone=next(phones)))
            texting.rows(
                "update portal.notifications set due_at = now() where booking_id = %s and kind = 'reminder_24h'",
                made[-1],
            )
            return store("release_notifications", None)

        def check() -> None:
            assert texting.states(made[-1])["reminder_24h"] == "sent"

        assert die_at_each_step(make, addresses(), check) > 5
        assert len(texting.sandbox.texts()) == len(made)

    @kills("refresh_sms")
    def test_while_asking_what_it_cost(self, texting: Texting, die_at_each_step: Die, phones: Iterator[str]) -> None:
        made: list[UUID] = []

        def make() -> UUID:
            phone = next(phones)
            made.append(texting.messages(texting.planned(phone=phone))[0]["id"])
            texting.sandbox.texts(to=phone)
            return store("refresh_sms", texting.tenant.id, notification_id=made[-1])

        def check() -> None:
            row = texting.row(made[-1])
            assert (row["state"], row["price_micros"]) == ("delivered", 7900)

        assert die_at_each_step(make, addresses("TWILIO_BASE_URL"), check) > 20

    @kills("process_twilio_webhook")
    def test_while_noting_an_answer(self, texting: Texting, die_at_each_step: Die, phones: Iterator[str]) -> None:
        made: list[tuple[str, UUID]] = []

        def make() -> UUID:
            phone = next(phones)
            fields = {"From": phone, "Body": "STOP", "AccountSid": "AC" + "7" * 32, "SmsStatus": "received"}
            event = receive(texting, "inbound", fields, tenant=texting.tenant.id, processed=False)
            made.append((phone, event))
            [job] = texting.rows("select id from portal.jobs where args ->> 'event_id' = %s", str(event))
            found: UUID = job["id"]
            return found

        def check() -> None:
            phone, event = made[-1]
            suppressed = texting.rows(
                "select source_event_id from portal.sms_suppressions where phone = %s and lifted_at is null", phone
            )
            assert suppressed == [{"source_event_id": event}]
            [stored] = texting.rows("select processing_status, result from portal.booking_events where id = %s", event)
            assert stored == {"processing_status": "processed", "result": "stop"}

        assert die_at_each_step(make, addresses(), check) > 10

    @kills("process_twilio_webhook")
    def test_while_noting_a_report(self, texting: Texting, die_at_each_step: Die, phones: Iterator[str]) -> None:
        made: list[UUID] = []

        def make() -> UUID:
            phone = next(phones)
            row = texting.messages(texting.planned(phone=phone))[0]
            made.append(row["id"])
            texting.sandbox.texts(to=phone)
            fields = {"MessageSid": row["provider_sid"], "MessageStatus": "delivered"}
            event = receive(
                texting, "status", fields, tenant=texting.tenant.id, notification=row["id"], processed=False
            )
            [job] = texting.rows("select id from portal.jobs where args ->> 'event_id' = %s", str(event))
            found: UUID = job["id"]
            return found

        def check() -> None:
            row = texting.row(made[-1])
            assert (row["state"], row["price_micros"]) == ("delivered", 7900)
            assert texting.rows("select 1 from portal.booking_events where processing_status <> 'processed'") == []

        assert die_at_each_step(make, addresses(), check) > 10

    @kills("replan_notifications")
    def test_while_planning_anew(self, texting: Texting, die_at_each_step: Die, phones: Iterator[str]) -> None:
        made = [texting.planned(phone=next(phones)) for _ in range(2)]
        hours = iter(range(3, 1000))
        wanted: list[int] = []

        def make() -> UUID:
            wanted.append(next(hours) % 23 + 1)
            texting.set(reminder_hours=[24, wanted[-1]])
            return store("replan_notifications", texting.tenant.id)

        def check() -> None:
            for booking in made:
                rows = {row["kind"]: row for row in texting.messages(booking)}
                late = rows["reminder_2h"]
                assert (late["state"], late["start_time"] - late["due_at"]) == ("planned", timedelta(hours=wanted[-1]))

        assert die_at_each_step(make, addresses(), check) > 20
        assert len(texting.sandbox.texts()) == len(made)

    @kills("close_stale_messages")
    def test_while_putting_away(self, texting: Texting, die_at_each_step: Die, phones: Iterator[str]) -> None:
        texting.set(send_reminders=False)
        made: list[UUID] = []

        def make() -> UUID:
            made.append(texting.planned(phone=next(phones)))
            texting.rows("update portal.notifications set state = 'queued' where booking_id = %s", made[-1])
            texting.rows("update portal.notifications set start_time = now() - interval '1 minute'")
            return store("close_stale_messages", None)

        def check() -> None:
            assert texting.states(made[-1]) == {"confirmation": "dropped too_late"}

        assert die_at_each_step(make, addresses(), check) > 5

    @kills("check_registrations")
    def test_while_having_registrations_checked(
        self, texting: Texting, die_at_each_step: Die, tenants: TenantFactory
    ) -> None:
        for slug in ("second", "third"):
            insert(texting.connection, "tenant_sms_settings", tenant_id=tenants.make(slug).id)

        def make() -> UUID:
            forget_registrations(texting)
            texting.sandbox.reset()
            texting.sandbox.twilio()
            return store("check_registrations", None)

        def check() -> None:
            known = texting.rows("select a2p_status from portal.tenant_sms_settings")
            assert [row["a2p_status"] for row in known] == ["approved"] * 3
            [account] = texting.sandbox.get("/_sandbox/twilio/accounts")["accounts"]
            assert account["services"][0]["inbound_request_url"].endswith("/v1/webhooks/twilio/inbound")

        assert die_at_each_step(make, addresses(*TWILIO_ADDRESSES), check) > 20

    @kills("check_registration")
    def test_while_checking_a_registration(self, texting: Texting, die_at_each_step: Die) -> None:
        def make() -> UUID:
            forget_registrations(texting)
            return store("check_registration", texting.tenant.id)

        def check() -> None:
            known = texting.rows("select a2p_status from portal.tenant_sms_settings")
            assert [row["a2p_status"] for row in known] == ["approved"]

        assert die_at_each_step(make, addresses(*TWILIO_ADDRESSES), check) > 10


def forget_registrations(texting: Texting) -> None:
    texting.rows("update portal.tenant_sms_settings set a2p_status = 'unknown', a2p_checked_at = null")
