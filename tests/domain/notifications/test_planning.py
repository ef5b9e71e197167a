"""Which messages a booking has after each change of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.core import clock, db, queue
from portal.domain import booking
from portal.domain.booking import BookingRequest
from portal.domain.notifications import planning
from tests.domain.notifications.conftest import PHONE, Texting

ZONE = ZoneInfo("America/New_York")
ALL = {"confirmation": "sent", "reminder_24h": "planned", "reminder_2h": "planned"}


def slot(days: int, hour: int) -> datetime:
    day = clock.now().astimezone(ZONE).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).astimezone(UTC)


class TestNew:
    def test_confirmed_at_once_and_reminded_later(self, texting: Texting) -> None:
        made = texting.planned()
        assert texting.states(made) == ALL
        [text] = texting.sandbox.texts()
        assert text["to"] == PHONE
        assert "is confirmed" in text["body"]
        start = texting.messages(made)[0]["start_time"]
        assert [row["due_at"] for row in texting.messages(made)[1:]] == [
            start - timedelta(hours=24), start - timedelta(hours=2),
        ]  # fmt: skip

    def test_by_the_customers_own_booking(self, texting: Texting) -> None:
        shop = texting.tenant
        request = BookingRequest(shop.service_id, slot(3, 10), "Ana", "ana@example.com", PHONE, consent_sms=True)
        made = booking.book(db.customer(shop.id), request, idempotency_key="k")
        queue.drain()
        assert texting.states(made.id) == ALL
        access = db.customer(shop.id, booking_id=made.id)
        moved = booking.propose_reschedule(access, start=slot(4, 14))
        booking.confirm(access, moved.id)
        queue.drain()
        assert [row["state"] for row in texting.messages(made.id)].count("cancelled") == 2
        cancelled = booking.propose_cancel(access)
        booking.confirm(access, cancelled.id)
        queue.drain()
        assert [text["body"].split(":")[1].split()[0:3] for text in texting.sandbox.texts()] == [
            ["your", "Haircut", "on"], ["your", "Haircut", "was"], ["your", "Haircut", "on"],
        ]  # fmt: skip

    def test_not_without_consent_or_phone(self, texting: Texting) -> None:
        for made in (texting.planned(consent=False), texting.planned(phone=None)):
            assert texting.messages(made) == []

    def test_not_while_pending(self, texting: Texting) -> None:
        made = texting.planned(status="pending", uid=None)
        assert texting.messages(made) == []
        texting.change(made, status="confirmed", cal_booking_uid="uid1")
        queue.drain()
        assert texting.states(made) == ALL

    def test_late_reminders_are_dropped_and_say_so(self, texting: Texting) -> None:
        made = texting.planned(timedelta(hours=5))
        assert texting.states(made) == ALL | {"reminder_24h": "dropped too_late"}

    def test_twice_changes_nothing(self, texting: Texting) -> None:
        made = texting.planned()
        before = texting.messages(made)
        for _ in range(3):
            texting.change(made)
        queue.drain()
        assert texting.messages(made) == before
        assert len(texting.sandbox.texts()) == 1

    def test_what_is_switched_off(self, texting: Texting) -> None:
        texting.set(send_reminders=False)
        assert texting.states(texting.planned()) == {"confirmation": "sent"}
        texting.set(send_reminders=True, send_confirmation=False)
        made = texting.planned()
        assert texting.states(made) == ALL | {"confirmation": "dropped switched_off"}
        texting.set(send_confirmation=True)
        texting.change(made)
        queue.drain()
        assert texting.states(made)["confirmation"] == "dropped switched_off"  # old news


class TestMoved:
    def test_takes_its_reminders_along(self, texting: Texting) -> None:
        made = texting.planned()
        start = clock.now().replace(microsecond=0) + timedelta(hours=96)
        texting.change(made, start_time=start)
        queue.drain()
        old, new = [], {}
        for row in texting.messages(made):
            if row["start_time"] == start:
                new[row["kind"]] = row["state"]
            else:
                old.append(f"{row['kind']} {row['state']} {row['reason']}")
        assert new == {"reschedule": "sent", "reminder_24h": "planned", "reminder_2h": "planned"}
        assert sorted(old) == [
            "confirmation sent None", "reminder_24h cancelled booking_changed", "reminder_2h cancelled booking_changed",
        ]  # fmt: skip

    def test_and_back(self, texting: Texting) -> None:
        made = texting.booking()
        texting.change(made)
        queue.drain()
        first = texting.messages(made)[0]["start_time"]
        texting.change(made, start_time=first + timedelta(hours=1))
        queue.drain()
        texting.change(made, start_time=first)
        queue.drain()
        back = {row["kind"]: row["state"] for row in texting.messages(made) if row["start_time"] == first}
        assert back == ALL | {"reschedule": "sent"}
        assert len(texting.sandbox.texts()) == 3

    def test_a_queued_one_is_not_sent(self, texting: Texting) -> None:
        made = texting.planned()
        texting.make_due(made, "reminder_24h")
        texting.change(made, start_time=clock.now() + timedelta(hours=96))
        queue.drain()
        assert sorted(text["body"].split(":")[1].split()[2] for text in texting.sandbox.texts()) == ["on", "was"]

    def test_before_the_confirmation_went_out(self, texting: Texting) -> None:
        made = texting.booking()
        with db.worker(texting.tenant.id).begin() as scope:
            planning.write(scope, made)
        texting.change(made, start_time=clock.now() + timedelta(hours=96))
        queue.drain()
        [text] = texting.sandbox.texts()
        assert "was moved" in text["body"]


class TestCancelled:
    def test_ends_its_reminders(self, texting: Texting) -> None:
        made = texting.planned()
        texting.change(made, status="cancelled")
        queue.drain()
        assert texting.states(made) == {
            "confirmation": "sent", "cancellation": "sent",
            "reminder_24h": "cancelled booking_changed", "reminder_2h": "cancelled booking_changed",
        }  # fmt: skip

    def test_what_the_calendar_never_accepted(self, texting: Texting) -> None:
        assert texting.messages(texting.planned(status="cancelled", uid=None)) == []

    def test_of_the_past_is_no_news(self, texting: Texting) -> None:
        made = texting.planned()
        texting.change(made, start_time=clock.now() - timedelta(hours=1), status="cancelled")
        queue.drain()
        assert "cancellation" not in texting.states(made)


class TestReplan:
    def test_after_other_hours(self, texting: Texting) -> None:
        made = [texting.planned() for _ in range(3)]
        texting.set(reminder_hours=[48, 1])
        with db.worker(texting.tenant.id).begin() as scope:
            scope.enqueue("replan_notifications")
        queue.drain()
        for each in made:
            rows = texting.messages(each)
            assert [row["start_time"] - row["due_at"] for row in rows[1:]] == [timedelta(hours=48), timedelta(hours=1)]
            assert texting.states(each) == ALL
        assert len(texting.sandbox.texts()) == 3

    def test_switched_off_and_on(self, texting: Texting) -> None:
        made = texting.planned()
        for is_on, state in ((False, "cancelled switched_off"), (True, "planned")):
            texting.set(send_reminders=is_on)
            planning.replan(db.worker(texting.tenant.id), None)
            assert texting.states(made)["reminder_24h"] == state
