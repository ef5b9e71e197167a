"""Messages, opt-outs and texting settings, as staff see and change them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from portal.core.errors import Forbidden, InvalidArgument, NotFound
from portal.core.ids import new_id
from portal.domain.admin import messages, sms_settings
from portal.domain.admin.edits import Outdated
from portal.domain.admin.messages import Wanted
from portal.domain.notifications.templates import DEFAULTS
from tests.domain.admin.conftest import Shop

PHONE = "+447700900123"


def message(shop: Shop, *, tenant: Any = None, booking: UUID | None = None, **columns: Any) -> UUID:
    """A message as a worker left it, with a booking of its own."""
    whose, made, booking_id = tenant or shop.id, new_id(), booking or new_id()
    start = datetime(2027, 3, 1, 15, tzinfo=UTC)
    shop.rows(
        "insert into portal.bookings (id, tenant_id, service_name, attendee_name, attendee_email, start_time, end_time)"
        " values (%s, %s, 'Haircut', 'Ana', 'ana@example.com', %s, %s) on conflict do nothing",
        booking_id, whose, start, start + timedelta(hours=1),
    )  # fmt: skip
    given = {"kind": "confirmation", "state": "delivered", "due_at": start - timedelta(days=2)} | columns
    shop.rows(
        "insert into portal.notifications (id, tenant_id, booking_id, start_time, to_phone, "
        f"{', '.join(given)}) values (%s, %s, %s, %s, %s, {', '.join(['%s'] * len(given))})",
        made, whose, booking_id, start, PHONE, *given.values(),
    )  # fmt: skip
    return made


class TestList:
    def test_newest_first_with_reasons(self, shop: Shop) -> None:
        first = message(shop, body="Hello", segments=1, price_micros=7900, price_currency="USD", error_code=None)
        second = message(shop, kind="reminder_2h", state="dropped", reason="too_late")
        message(shop, tenant=shop.other.id)
        found = messages.list_messages(shop.staff, shop.id).items
        assert [line.id for line in found] == [second, first]
        assert (found[0].why, found[1].body, found[1].price_micros) == (
            "It would have come too late to help.", "Hello", 7900,
        )  # fmt: skip
        assert (found[1].customer_name, found[1].service_name, found[1].phone) == ("Ana", "Haircut", PHONE)

    def test_filters(self, shop: Shop) -> None:
        booking = new_id()
        sent = message(shop, booking=booking)
        dropped = message(shop, booking=booking, kind="reminder_24h", state="dropped", reason="quiet_hours")
        other = message(shop, state="failed", reason="refused")

        def ids(**wanted: Any) -> set[UUID]:
            return {line.id for line in messages.list_messages(shop.owner, shop.id, Wanted(**wanted)).items}

        assert ids(states=("dropped", "failed")) == {dropped, other}
        assert ids(kinds=("reminder_24h",)) == {dropped}
        assert ids(booking_id=booking) == {sent, dropped}
        assert ids(first=datetime.now(UTC).date() + timedelta(days=2)) == set()
        assert [line.id for line in messages.of_booking(shop.staff, shop.id, booking)] == [sent, dropped]
        with pytest.raises(InvalidArgument):
            messages.list_messages(shop.owner, shop.id, Wanted(states=("lost",)))

    def test_pages(self, shop: Shop) -> None:
        made = [message(shop) for _ in range(5)]
        seen: list[UUID] = []
        after = None
        while True:
            page = messages.list_messages(shop.owner, shop.id, limit=2, after=after)
            seen += [line.id for line in page.items]
            after = page.next
            if after is None:
                break
        assert seen == made[::-1]

    def test_strangers(self, shop: Shop) -> None:
        for call in (messages.list_messages, messages.summary, messages.list_suppressions, sms_settings.get):
            with pytest.raises(NotFound):
                call(shop.stranger, shop.id)


class TestSummary:
    def test_counts_and_costs(self, shop: Shop) -> None:
        now = datetime.now(UTC)
        for price in (7900, 15_800):
            message(shop, price_micros=price, price_currency="USD", segments=price // 7900, sent_at=now)
        message(shop, state="dropped", reason="opted_out")
        message(shop, created_at=now - timedelta(days=40))
        shop.rows(
            "insert into portal.sms_suppressions (tenant_id, phone, reason) values (%s, %s, 'stop')", shop.id, PHONE
        )
        found = messages.summary(shop.staff, shop.id)
        assert (found.states["delivered"], found.states["dropped"], found.states["failed"]) == (2, 1, 0)
        assert (found.segments, found.suppressed) == (3, 1)
        assert [(cost.currency, cost.micros) for cost in found.costs] == [("USD", 23_700)]


class TestSuppressions:
    @pytest.fixture(autouse=True)
    def opted_out(self, shop: Shop) -> None:
        for number in range(3):
            shop.rows(
                "insert into portal.sms_suppressions (tenant_id, phone, reason) values (%s, %s, 'stop')",
                shop.id, f"+44770090000{number}",
            )  # fmt: skip

    def test_pages(self, shop: Shop) -> None:
        page = messages.list_suppressions(shop.staff, shop.id, limit=2)
        rest = messages.list_suppressions(shop.staff, shop.id, limit=2, after=page.next)
        assert [each.phone[-1] for each in (*page.items, *rest.items)] == ["0", "1", "2"]
        assert rest.next is None

    @pytest.fixture
    def unread(self, shop: Shop) -> str:
        """The number of somebody whose answer waits to be read."""
        phone = "+447700900007"
        shop.rows(
            "insert into portal.sms_suppressions (tenant_id, phone, reason, said) values (%s, %s, 'unsure', %s)",
            shop.id, phone, "don't text me before 9",
        )  # fmt: skip
        return phone

    def test_an_answer_is_no_stop(self, shop: Shop, unread: str) -> None:
        [asked] = messages.unread_answers(shop.staff, shop.id)
        assert (asked.phone, asked.said) == (unread, "don't text me before 9")
        lifted = messages.lift_suppression(shop.owner, shop.id, unread)
        assert (lifted.lifted_at is not None, lifted.said) == (True, None)
        assert messages.unread_answers(shop.staff, shop.id) == ()

    def test_an_answer_is_a_stop(self, shop: Shop, unread: str) -> None:
        kept = messages.keep_suppression(shop.owner, shop.id, unread)
        assert (kept.reason, kept.said, kept.lifted_at) == ("business", None, None)
        assert messages.unread_answers(shop.staff, shop.id) == ()
        [entry] = shop.audit()
        assert (entry["action"], entry["target_id"]) == ("suppression.kept", "…0007")
        assert messages.keep_suppression(shop.owner, shop.id, unread) == kept
        assert messages.keep_suppression(shop.owner, shop.id, "+447700900001").reason == "stop"

    def test_staff_decide_nothing(self, shop: Shop, unread: str) -> None:
        with pytest.raises(Forbidden):
            messages.keep_suppression(shop.staff, shop.id, unread)

    def test_lift(self, shop: Shop) -> None:
        lifted = messages.lift_suppression(shop.owner, shop.id, "+447700900001")
        assert lifted.lifted_at is not None
        assert [each.phone[-1] for each in messages.list_suppressions(shop.owner, shop.id).items] == ["0", "2"]
        [entry] = shop.audit()
        assert (entry["action"], entry["target_id"]) == ("suppression.lifted", "…0001")
        assert messages.lift_suppression(shop.owner, shop.id, "+447700900001") == lifted
        with pytest.raises(NotFound):
            messages.lift_suppression(shop.owner, shop.id, "+447700900099")

    def test_not_by_staff_or_for_others(self, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            messages.lift_suppression(shop.staff, shop.id, "+447700900001")
        with pytest.raises(NotFound):
            messages.lift_suppression(shop.stranger, shop.other.id, "+447700900001")


class TestSettings:
    def test_defaults(self, shop: Shop) -> None:
        form = sms_settings.get(shop.staff, shop.id)
        assert (form.reminder_hours, form.quiet_start, form.quiet_end) == ([24, 2], "21:00", "08:00")
        assert (form.account, form.a2p_status, form.templates) == (None, "unknown", {})
        assert form.defaults == {kind.value: text for kind, text in DEFAULTS.items()}

    def test_change(self, shop: Shop) -> None:
        form = sms_settings.get(shop.owner, shop.id)
        words = {"confirmation": "See you on {date}!", "reminder_2h": "", "cancellation": DEFAULTS["cancellation"]}  # type: ignore[index]
        changes = {"reminder_hours": [1, 48], "quiet_start": "22:30", "templates": words}
        changed = sms_settings.update(shop.owner, shop.id, changes, version=form.version)
        assert (changed.reminder_hours, changed.quiet_start) == ([48, 1], "22:30")
        assert changed.templates == {"confirmation": "See you on {date}!"}
        assert sms_settings.get(shop.staff, shop.id) == changed
        [entry] = shop.audit()
        assert entry["action"] == "sms_settings.updated"
        [job] = shop.rows("select name from portal.jobs where tenant_id = %s", shop.id)
        assert job["name"] == "replan_notifications"

    def test_conflict(self, shop: Shop) -> None:
        form = sms_settings.get(shop.owner, shop.id)
        changed = sms_settings.update(shop.owner, shop.id, {"enabled": False}, version=form.version)
        with pytest.raises(Outdated) as outdated:
            sms_settings.update(shop.owner, shop.id, {"enabled": True}, version=form.version)
        assert outdated.value.details["version"] == changed.version
        assert outdated.value.details["current"]["quiet_start"] == "21:00"

    def test_a_stored_registration_is_no_conflict(self, shop: Shop) -> None:
        form = sms_settings.get(shop.owner, shop.id)
        shop.rows("insert into portal.tenant_sms_settings (tenant_id, a2p_status) values (%s, 'approved')", shop.id)
        assert (
            sms_settings.update(shop.owner, shop.id, {"enabled": False}, version=form.version).a2p_status == "approved"
        )

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reminder_hours": []}, "reminder_hours"),
            ({"reminder_hours": [24, 12, 2]}, "reminder_hours"),
            ({"reminder_hours": [0]}, "reminder_hours"),
            ({"reminder_hours": [200]}, "reminder_hours"),
            ({"quiet_start": "25:00"}, "quiet_start"),
            ({"quiet_start": "08:00"}, "quiet_end"),
            ({"templates": {"birthday": "x"}}, "templates"),
            ({"templates": {"confirmation": "Hi {nmae}"}}, "templates.confirmation"),
            ({"templates": {"confirmation": "Reply YES"}}, "templates.confirmation"),
            ({"a2p_status": "approved"}, "a2p_status"),
        ],
    )
    def test_refuses(self, shop: Shop, changes: dict[str, Any], field: str) -> None:
        form = sms_settings.get(shop.owner, shop.id)
        with pytest.raises(InvalidArgument) as refused:
            sms_settings.update(shop.owner, shop.id, changes, version=form.version)
        assert refused.value.details["field"] == field

    def test_staff_only_look(self, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            sms_settings.update(shop.staff, shop.id, {"enabled": False}, version="unsaved")


class TestPreview:
    def test_words_in_use(self, shop: Shop) -> None:
        shown = sms_settings.preview(shop.staff, shop.id, "reminder_24h")
        assert shown.text.startswith("Shop: a reminder of your Haircut on ")
        assert " at 4:30 PM." in shown.text
        assert (shown.encoding, shown.segments) == ("GSM-7", 1)

    def test_other_words(self, shop: Shop) -> None:
        shown = sms_settings.preview(shop.staff, shop.id, "confirmation", "До встречи! {time}" * 10)
        assert (shown.encoding, shown.segments) == ("UCS-2", 3)
        with pytest.raises(InvalidArgument):
            sms_settings.preview(shop.staff, shop.id, "confirmation", "{nothing}")
