"""Appointments as staff find and change them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal.core import clock, db
from portal.core.errors import (
    BookingNotFound,
    CalendarBusy,
    InvalidArgument,
    NotChangeable,
    NotFound,
    SlotTaken,
    TooLateToChange,
)
from portal.core.ids import new_id
from portal.domain import booking
from portal.domain.admin import bookings, policies
from portal.domain.admin.bookings import BookingDetail, Wanted
from portal.domain.admin.edits import Outdated
from portal.domain.booking import BookingRequest, Source, Status
from tests.domain.admin.conftest import Shop
from tests.factories import Sandbox

ADD = """
insert into portal.bookings (tenant_id, service_id, service_name, attendee_name, attendee_email, attendee_phone,
                             cal_booking_uid, start_time, end_time, status, cal_previous_uids)
values (%s, %s, 'Haircut', %s, %s, %s, %s, %s, %s::timestamptz + interval '30 minutes', %s, %s) returning id
"""


def add(shop: Shop, start: str, name: str = "Guest", status: str = "confirmed", **more: Any) -> Any:
    email = more.get("email", f"{name.split()[0].lower()}@example.com")
    [row] = shop.rows(
        ADD, more.get("tenant", shop.id), more.get("service"), name, email, more.get("phone"),
        more.get("uid", new_id().hex), start, start, status, more.get("previous", []),
    )  # fmt: skip
    return row["id"]


def at(shop: Shop, hour: int, *, days: int = 3) -> datetime:
    zone = ZoneInfo(shop.tenant.timezone)
    day = clock.now().astimezone(zone).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)


def by_hand(shop: Shop, start: datetime, key: str = "key-one-1", **changes: Any) -> BookingDetail:
    asked: dict[str, Any] = {"name": "Ana Ruiz", "email": "ana@example.com", "phone": "(212) 555-0142"}
    request = BookingRequest(shop.tenant.service_id, start, source=Source.ADMIN, **(asked | changes))
    return bookings.book(shop.staff, shop.id, request, idempotency_key=key)


def found(shop: Shop, **wanted: Any) -> list[str]:
    page = bookings.list_bookings(shop.staff, shop.id, Wanted(**wanted))
    return [line.customer_name for line in page.items]


class TestList:
    def test_filters(self, shop: Shop) -> None:
        add(shop, "2026-03-01T15:00Z", "Ana")
        add(shop, "2026-03-02T04:30Z", "Ben", "cancelled", service=shop.tenant.service_id)
        add(shop, "2026-03-02T05:30Z", "Cleo", "no_show")
        add(shop, "2026-03-02T15:00Z", "Stranger", tenant=shop.other.id)
        assert found(shop) == ["Cleo", "Ben", "Ana"]
        assert found(shop, newest_first=False) == ["Ana", "Ben", "Cleo"]
        assert found(shop, statuses=("cancelled", "no_show")) == ["Cleo", "Ben"]
        assert found(shop, service_id=shop.tenant.service_id) == ["Ben"]
        # In New York both Ana's and Ben's are on the first of March.
        assert found(shop, first=date(2026, 3, 1), last=date(2026, 3, 1)) == ["Ben", "Ana"]
        with pytest.raises(InvalidArgument):
            found(shop, statuses=("eaten",))

    def test_search(self, shop: Shop) -> None:
        add(shop, "2026-03-01T15:00Z", "Ana Ruiz", phone="+12125550142", uid="uid-ANA")
        add(shop, "2026-03-02T15:00Z", "Ben 50%", "cancelled", email="b_n@else.example", previous=["uid-before"])
        add(shop, "2026-03-03T15:00Z", "Ana Strange", tenant=shop.other.id)
        assert found(shop, search="ruiz") == ["Ana Ruiz"]
        assert found(shop, search="ANA@EX") == ["Ana Ruiz"]
        assert found(shop, search="5550142") == ["Ana Ruiz"]
        assert found(shop, search="uid-ana") == ["Ana Ruiz"]
        assert found(shop, search="uid-before") == ["Ben 50%"]
        assert found(shop, search="50%") == ["Ben 50%"]
        assert found(shop, search="b_n@") == ["Ben 50%"]
        assert found(shop, search="a%r") == []
        assert found(shop, search="strange") == []
        assert found(shop, search="example", statuses=("cancelled",)) == ["Ben 50%"]
        assert found(shop, search="example", first=date(2026, 3, 2)) == ["Ben 50%"]
        assert found(shop, search="'; drop table portal.bookings; --") == []

    def test_search_among_many(self, shop: Shop) -> None:
        """Past what the walk through the list reads, the index finds it; both give the same pages."""
        shop.rows(
            "insert into portal.bookings (tenant_id, service_name, attendee_name, attendee_email, start_time, end_time)"
            " select %s, 'Cut', case mod(n, 1500) when 0 then 'Rare ' || n else 'Guest ' || n end, 'a@example.com',"
            " at, at + interval '10 minutes' from generate_series(1, 4500) n,"
            " lateral (select timestamptz '2026-03-01Z' - n * interval '1 hour' as at) t",
            shop.id,
        )
        assert found(shop, search="rare") == ["Rare 1500", "Rare 3000", "Rare 4500"]
        assert found(shop, search="rare", newest_first=False) == ["Rare 4500", "Rare 3000", "Rare 1500"]
        assert found(shop, search="guest")[:2] == ["Guest 1", "Guest 2"]
        page = bookings.list_bookings(shop.staff, shop.id, Wanted(search="rare"), limit=2)
        rest = bookings.list_bookings(shop.staff, shop.id, Wanted(search="rare"), limit=2, after=page.next)
        assert [line.customer_name for line in (*page.items, *rest.items)] == ["Rare 1500", "Rare 3000", "Rare 4500"]

    @pytest.mark.parametrize("search", [None, "guest"])
    @pytest.mark.parametrize("newest_first", [True, False])
    def test_every_page_once(self, shop: Shop, search: str | None, newest_first: bool) -> None:
        # Many at one time: the place in the list is the id too.
        ids = {add(shop, f"2026-03-0{1 + number // 6}T15:00Z") for number in range(15)}
        seen: list[Any] = []
        after = None
        for _ in range(5):
            wanted = Wanted(search=search, newest_first=newest_first)
            page = bookings.list_bookings(shop.staff, shop.id, wanted, limit=4, after=after)
            seen += [line.id for line in page.items]
            if (after := page.next) is None:
                break
        assert len(seen) == 15
        assert set(seen) == ids
        for nonsense in ("x", "bm9uc2Vuc2U", "W10", "WyJhIiwiYiJd"):
            with pytest.raises(InvalidArgument):
                bookings.list_bookings(shop.staff, shop.id, after=nonsense)

    def test_week(self, shop: Shop) -> None:
        add(shop, "2026-03-09T03:30Z", "Sunday night")
        add(shop, "2026-03-09T04:30Z", "Monday")
        add(shop, "2026-03-16T03:30Z", "Next Sunday")
        add(shop, "2026-03-10T15:00Z", "Cancelled", "cancelled")
        shown = bookings.week(shop.staff, shop.id, date(2026, 3, 12))
        assert shown.timezone == "America/New_York"
        assert [day.date for day in shown.days] == [date(2026, 3, 9 + n) for n in range(7)]
        names = [[line.customer_name for line in day.bookings] for day in shown.days]
        assert names == [["Monday"], [], [], [], [], [], ["Next Sunday"]]

    def test_strangers_see_nothing(self, shop: Shop) -> None:
        mine = add(shop, "2026-03-01T15:00Z")
        with pytest.raises(NotFound):
            bookings.list_bookings(shop.stranger, shop.id)
        with pytest.raises(BookingNotFound):
            bookings.get(shop.stranger, shop.other.id, mine)


class TestChange:
    def test_booked_moved_and_cancelled_by_hand(self, shop: Shop, sandbox: Sandbox) -> None:
        made = by_hand(shop, at(shop, 10))
        assert (made.view.status, made.source, made.can_change) == (Status.CONFIRMED, "admin", True)
        moved = bookings.reschedule(shop.staff, shop.id, made.view.id, start=at(shop, 14), version=made.version)
        assert moved.view.start == at(shop, 14)
        with pytest.raises(Outdated) as caught:
            bookings.cancel(shop.staff, shop.id, made.view.id, version=made.version)
        assert caught.value.details["current"]["start"] == at(shop, 14).isoformat()
        gone = bookings.cancel(shop.owner, shop.id, made.view.id, version=moved.version, reason="Closed that day")
        assert (gone.view.status, gone.can_change) == (Status.CANCELLED, False)
        assert [(entry.action, entry.actor) for entry in gone.history] == [
            ("booking.created", "staff@shop.example"), ("booking.rescheduled", "staff@shop.example"),
            ("booking.cancelled", "owner@shop.example"),
        ]  # fmt: skip
        calendar = sandbox.get("/_sandbox/calcom/bookings", api_key=shop.tenant.cal_key)["bookings"]
        assert {each["status"] for each in calendar} == {"cancelled"}

    def test_cancel_window_does_not_bind_staff(self, shop: Shop) -> None:
        made = by_hand(shop, at(shop, 10, days=1))
        read = policies.get(shop.owner, shop.id)
        policies.update(shop.owner, shop.id, {"cancel_window_minutes": 43200}, version=read.version)
        customer = db.customer(shop.id, booking_id=made.view.id)
        with pytest.raises(TooLateToChange):
            booking.propose_cancel(customer)
        gone = bookings.cancel(shop.staff, shop.id, made.view.id, version=made.version)
        assert gone.view.status is Status.CANCELLED

    def test_only_free_times(self, shop: Shop) -> None:
        by_hand(shop, at(shop, 10))
        with pytest.raises(SlotTaken):
            by_hand(shop, at(shop, 10), key="key-two-2")
        second = by_hand(shop, at(shop, 11), key="key-two-2")
        with pytest.raises(SlotTaken):
            bookings.reschedule(shop.staff, shop.id, second.view.id, start=at(shop, 10), version=second.version)
        assert by_hand(shop, at(shop, 11), key="key-two-2").view.id == second.view.id

    def test_busy_calendar_leaves_nothing_held(self, shop: Shop, sandbox: Sandbox) -> None:
        made = by_hand(shop, at(shop, 10))
        sandbox.fault(provider="calcom", match={"method": "POST"}, times=5, status=429)
        with pytest.raises(CalendarBusy):
            bookings.cancel(shop.staff, shop.id, made.view.id, version=made.version)
        states = shop.rows("select state from portal.proposals where kind = 'cancel'")
        assert [row["state"] for row in states] == ["withdrawn"]
        assert bookings.get(shop.staff, shop.id, made.view.id).view.status is Status.CONFIRMED

    def test_lost_answer_is_under_way(self, shop: Shop, sandbox: Sandbox) -> None:
        made = by_hand(shop, at(shop, 10))
        sandbox.fault(provider="calcom", match={"method": "POST"}, times=1, lost_reply=True)
        after = bookings.cancel(shop.staff, shop.id, made.view.id, version=made.version)
        assert (after.under_way, after.view.status) == (True, Status.CONFIRMED)

    def test_not_of_another_tenant(self, shop: Shop) -> None:
        made = by_hand(shop, at(shop, 10))
        with pytest.raises(NotFound):
            bookings.cancel(shop.stranger, shop.id, made.view.id, version=made.version)
        with pytest.raises(BookingNotFound):
            bookings.cancel(shop.stranger, shop.other.id, made.view.id, version=made.version)
        with pytest.raises(BookingNotFound):
            bookings.mark_absent(shop.stranger, shop.other.id, made.view.id, version=made.version)


class TestAbsence:
    def test_noted_here_and_in_the_calendar(self, shop: Shop, sandbox: Sandbox) -> None:
        made = by_hand(shop, at(shop, 10))
        with pytest.raises(NotChangeable, match="not begun"):
            bookings.mark_absent(shop.staff, shop.id, made.view.id, version=made.version)
        later = made.view.start + timedelta(minutes=10)
        sandbox.post("/_sandbox/clock", {"now": later.isoformat()})
        with time_machine.travel(later, tick=True):
            absent = bookings.mark_absent(shop.staff, shop.id, made.view.id, version=made.version)
            assert absent.view.status is Status.NO_SHOW
            assert at_calendar(sandbox, shop) == [True]
            with pytest.raises(Outdated):
                bookings.mark_absent(shop.staff, shop.id, made.view.id, version=made.version, absent=False)
            back = bookings.mark_absent(shop.staff, shop.id, made.view.id, version=absent.version, absent=False)
            assert (back.view.status, back.can_mark_absent) == (Status.CONFIRMED, True)
            assert at_calendar(sandbox, shop) == [False]
        acts = [entry.action for entry in back.history]
        assert sorted(acts) == ["booking.created", "booking.no_show", "booking.no_show_undone"]


def at_calendar(sandbox: Sandbox, shop: Shop) -> list[bool]:
    calendar = sandbox.get("/_sandbox/calcom/bookings", api_key=shop.tenant.cal_key)["bookings"]
    return [person["absent"] for each in calendar for person in each["attendees"]]
