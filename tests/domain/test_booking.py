"""Booking, moving and cancelling against real Postgres and the sandbox's Cal.com."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.core import clock, db, queue
from portal.core.errors import (
    BookingNotFound,
    CalendarUnavailable,
    Forbidden,
    InThePast,
    InvalidArgument,
    NotChangeable,
    OutsideHours,
    ProposalExpired,
    ServiceNotFound,
    SlotNotOffered,
    SlotTaken,
    TooLateToChange,
)
from portal.core.ids import new_id
from portal.domain import availability, booking
from portal.domain.booking import ics
from portal.domain.booking.types import BookingRequest, Kind, ProposalState, Status
from tests.factories import MadeTenant, Sandbox, TenantFactory

CONTACT: dict[str, Any] = {"name": "Ana Ruiz", "email": "Ana@Example.com", "phone": "(212) 555-0142"}


def at(tenant: MadeTenant, hour: int, *, days: int = 3, minute: int = 0) -> datetime:
    """A wall clock time some days from now, in UTC."""
    day = clock.now().astimezone(ZoneInfo(tenant.timezone)).date() + timedelta(days=days)
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(tenant.timezone))
    return local.astimezone(ZoneInfo("UTC"))


def request(tenant: MadeTenant, start: datetime, **changes: Any) -> BookingRequest:
    return BookingRequest(**{"service_id": tenant.service_id, "start": start, **CONTACT, **changes})


def book(tenant: MadeTenant, start: datetime, key: str = "key-1", **changes: Any) -> booking.BookingView:
    return booking.book(db.customer(tenant.id), request(tenant, start, **changes), idempotency_key=key)


def at_calendar(sandbox: Sandbox, tenant: MadeTenant, status: str = "accepted") -> list[dict[str, Any]]:
    found = sandbox.get("/_sandbox/calcom/bookings", api_key=tenant.cal_key)
    return [each for each in found["bookings"] if each["status"] == status]


class TestBook:
    def test_is_in_both_stores(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        made = book(shop, at(shop, 10), notes="First time", consent_sms=True)
        assert (made.status, made.customer_email, made.customer_phone) == (
            Status.CONFIRMED, "ana@example.com", "+12125550142",
        )  # fmt: skip
        assert made.price_cents == 3500
        assert made.end - made.start == timedelta(minutes=30)
        [stored] = at_calendar(sandbox, shop)
        assert stored["uid"] == made.uid
        assert stored["metadata"]["portal_booking"] == str(made.id)

    def test_same_key_gives_the_same_booking(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        first = book(shop, at(shop, 10))
        assert book(shop, at(shop, 10)).uid == first.uid
        assert len(at_calendar(sandbox, shop)) == 1

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"email": "ana@"}, InvalidArgument),
            ({"phone": "12"}, InvalidArgument),
            ({"name": " \u200b "}, InvalidArgument),
            ({"notes": "x" * 1001}, InvalidArgument),
            ({"service_id": new_id()}, ServiceNotFound),
        ],
    )
    def test_bad_input(self, tenants: TenantFactory, changes: dict[str, Any], error: type[Exception]) -> None:
        shop = tenants.make()
        with pytest.raises(error):
            book(shop, at(shop, 10), **changes)

    def test_times_nobody_offered(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop, other = tenants.make(), tenants.make("other")
        for start, error in (
            (clock.now() - timedelta(hours=1), InThePast),
            (at(shop, 20), OutsideHours),
            (at(shop, 10, minute=7), SlotNotOffered),
        ):
            with pytest.raises(error):
                book(shop, start)
        with pytest.raises(ServiceNotFound):
            book(shop, at(shop, 10), service_id=other.service_id)
        assert at_calendar(sandbox, shop) == []

    def test_taken_in_the_calendar_itself(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        availability.slots_for_day(shop.id, shop.service_id, at(shop, 10).astimezone(ZoneInfo(shop.timezone)).date())
        sandbox.fault(
            provider="calcom", match={"method": "POST", "path_regex": "/bookings$"}, times=1, status=409,
            body={"statusCode": 409, "message": "booking_conflict_error"},
        )  # fmt: skip
        with pytest.raises(SlotTaken):
            book(shop, at(shop, 10))
        assert book(shop, at(shop, 10), key="key-2").status is Status.CONFIRMED  # the seat was given back

    def test_provider_away_can_be_confirmed_again(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        proposal = booking.propose_create(db.customer(shop.id), request(shop, at(shop, 10)), reserve=False)
        access = db.customer(shop.id, booking_id=proposal.booking_id)
        sandbox.fault(
            provider="calcom", match={"method": "POST", "path_regex": "/bookings$"}, times=1, status=429, body={}
        )
        with pytest.raises(CalendarUnavailable.__mro__[1]):
            booking.confirm(access, proposal.id)
        assert booking.confirm(access, proposal.id).status is Status.CONFIRMED


class TestLostReply:
    @pytest.mark.parametrize("fault", [{"lost_reply": True}, {"drop_before": True}])
    def test_is_settled_by_looking(self, tenants: TenantFactory, sandbox: Sandbox, fault: dict[str, bool]) -> None:
        shop = tenants.make()
        sandbox.fault(provider="calcom", match={"method": "POST", "path_regex": "/bookings$"}, times=1, **fault)
        made = book(shop, at(shop, 10))
        assert (made.status, made.uid) == (Status.PENDING, None)
        self.expire_leases(tenants, shop)
        assert queue.drain() >= 1
        settled = booking.get(db.customer(shop.id, booking_id=made.id))
        [stored] = at_calendar(sandbox, shop)
        assert (settled.status, settled.uid) == (Status.CONFIRMED, stored["uid"])

    @pytest.mark.parametrize("kind", ["cancel", "reschedule"])
    def test_of_a_change(self, tenants: TenantFactory, sandbox: Sandbox, kind: str) -> None:
        shop = tenants.make()
        made = book(shop, at(shop, 10))
        access = db.customer(shop.id, booking_id=made.id)
        sandbox.fault(provider="calcom", match={"method": "POST", "path_regex": f"/{kind}$"}, times=1, lost_reply=True)
        proposal = (
            booking.propose_cancel(access)
            if kind == "cancel"
            else booking.propose_reschedule(access, start=at(shop, 12))
        )
        with pytest.raises(Exception, match="confirm the result"):
            booking.confirm(access, proposal.id)
        self.expire_leases(tenants, shop)
        queue.drain()
        settled = booking.get(access)
        if kind == "cancel":
            assert (settled.status, at_calendar(sandbox, shop)) == (Status.CANCELLED, [])
        else:
            [stored] = at_calendar(sandbox, shop)
            assert (settled.start, settled.uid) == (at(shop, 12), stored["uid"])

    @staticmethod
    def expire_leases(tenants: TenantFactory, shop: MadeTenant) -> None:
        import psycopg

        with psycopg.connect(tenants.admin_url, autocommit=True) as connection:
            connection.execute("update portal.proposals set lease_until = now() - interval '1 second'")
            connection.execute("update portal.jobs set run_at = now()")


class TestPropose:
    def test_holds_the_seat_until_withdrawn(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        access = db.customer(shop.id)
        held = booking.propose_create(access, request(shop, at(shop, 10)))
        with pytest.raises((SlotTaken, SlotNotOffered)):
            booking.propose_create(access, request(shop, at(shop, 10), email="b@example.com"))
        booking.withdraw(db.customer(shop.id, booking_id=held.booking_id), held.id)
        assert booking.propose_create(access, request(shop, at(shop, 10))).state is ProposalState.WAITING

    def test_books_nothing(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        proposal = booking.propose_create(db.customer(shop.id), request(shop, at(shop, 10)))
        assert proposal.kind is Kind.CREATE
        assert at_calendar(sandbox, shop) == []

    def test_expires(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        import psycopg

        shop = tenants.make()
        proposal = booking.propose_create(db.customer(shop.id), request(shop, at(shop, 10)))
        with psycopg.connect(tenants.admin_url, autocommit=True) as connection:
            connection.execute("update portal.proposals set expires_at = now() - interval '1 second'")
        with pytest.raises(ProposalExpired):
            booking.confirm(db.customer(shop.id, booking_id=proposal.booking_id), proposal.id)
        assert at_calendar(sandbox, shop) == []

    def test_is_nobody_elses(self, tenants: TenantFactory) -> None:
        shop, other = tenants.make(), tenants.make("other")
        proposal = booking.propose_create(db.customer(shop.id), request(shop, at(shop, 10)))
        for stranger in (db.customer(shop.id), db.customer(other.id, booking_id=proposal.booking_id)):
            with pytest.raises(ProposalExpired):
                booking.confirm(stranger, proposal.id)


class TestChange:
    def test_move_keeps_the_booking_and_its_first_reference(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        made = book(shop, at(shop, 10))
        access = db.customer(shop.id, booking_id=made.id)
        moved = booking.confirm(access, booking.propose_reschedule(access, start=at(shop, 14)).id)
        assert (moved.id, moved.start, moved.sequence) == (made.id, at(shop, 14), 1)
        assert moved.uid != made.uid
        assert booking.find(db.customer(shop.id), str(made.uid), "ANA@example.com") == made.id
        assert [each["uid"] for each in at_calendar(sandbox, shop)] == [moved.uid]
        assert book(shop, at(shop, 10), key="key-2").status is Status.CONFIRMED  # the old time is free again

    def test_move_by_less_than_its_length(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make(
            services={"Massage": {"duration_minutes": 60}},
            account={
                "event_types": [{"id": 1001, "slug": "m", "title": "M", "length_minutes": 60, "slot_interval": 15}]
            },
        )
        made = book(shop, at(shop, 10))
        access = db.customer(shop.id, booking_id=made.id)
        day = at(shop, 10).astimezone(ZoneInfo(shop.timezone)).date()
        free = booking.slots_for_move(access, day, day)[day]
        assert {at(shop, 9, minute=45), at(shop, 10, minute=15)} <= {slot.start for slot in free}
        moved = booking.confirm(access, booking.propose_reschedule(access, start=at(shop, 10, minute=15)).id)
        assert [each["uid"] for each in at_calendar(sandbox, shop)] == [moved.uid]
        with pytest.raises(SlotNotOffered):
            booking.propose_reschedule(db.customer(shop.id, booking_id=made.id), start=at(shop, 10, minute=15))

    def test_cancel(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        made = book(shop, at(shop, 10))
        access = db.customer(shop.id, booking_id=made.id)
        cancelled = booking.confirm(access, booking.propose_cancel(access).id)
        assert (cancelled.status, at_calendar(sandbox, shop)) == (Status.CANCELLED, [])
        with pytest.raises(NotChangeable):
            booking.propose_cancel(access)
        assert book(shop, at(shop, 10), key="key-2").status is Status.CONFIRMED

    def test_inside_the_cancel_window(self, tenants: TenantFactory) -> None:
        shop = tenants.make(policies={"cancel_window_minutes": 10 * 24 * 60})
        made = book(shop, at(shop, 10))
        access = db.customer(shop.id, booking_id=made.id)
        assert not made.can_change
        for propose in (
            lambda: booking.propose_cancel(access),
            lambda: booking.propose_reschedule(access, start=made.start),
        ):
            with pytest.raises(TooLateToChange):
                propose()

    def test_reference_alone_or_wrong_email(self, tenants: TenantFactory) -> None:
        shop, other = tenants.make(), tenants.make("other")
        made = book(shop, at(shop, 10))
        for access, email in ((db.customer(shop.id), "eve@example.com"), (db.customer(other.id), "ana@example.com")):
            with pytest.raises(BookingNotFound):
                booking.find(access, str(made.uid), email)


class TestRace:
    def test_one_of_many_wins(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        start = at(shop, 10)

        def race(number: int) -> str:
            try:
                return book(shop, start, key=f"racer-{number}", email=f"r{number}@example.com").status
            except (SlotTaken, SlotNotOffered):
                return "taken"

        with ThreadPoolExecutor(20) as pool:
            results = list(pool.map(race, range(20)))
        assert sorted(results) == ["confirmed"] + ["taken"] * 19
        assert len(at_calendar(sandbox, shop)) == 1

    def test_seats(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make(services={"Yoga": {"duration_minutes": 60, "seats": 3}})
        start = at(shop, 10)

        def race(number: int) -> str:
            try:
                return book(shop, start, key=f"racer-{number}", email=f"r{number}@example.com").status
            except (SlotTaken, SlotNotOffered):
                return "taken"

        with ThreadPoolExecutor(6) as pool:
            results = list(pool.map(race, range(6)))
        assert results.count("confirmed") == 3


class TestLinks:
    def test_of_another_tenant(self, tenants: TenantFactory) -> None:
        shop, other = tenants.make(), tenants.make("other")
        token = booking.manage_token(shop.id, new_id())
        with pytest.raises(Forbidden):
            booking.open_manage_token(other.id, token)

    @pytest.mark.parametrize("added", [".", ")", "=", "%20", ">", " ", "&gt;", "_", ".)", "?", "\u200b", "/"])
    def test_with_what_mail_programs_append(self, tenants: TenantFactory, added: str) -> None:
        shop, booking_id = tenants.make(), new_id()
        token = booking.manage_token(shop.id, booking_id)
        assert booking.open_manage_token(shop.id, token + added) == booking_id
        assert booking.open_manage_token(shop.id, f"<{token}{added}") == booking_id

    def test_a_shortened_link(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        token = booking.manage_token(shop.id, new_id())
        for changed in (token[:-1], token[:-1] + "!", token[: len(token) // 2], "", "a.b.c", token.swapcase()):
            with pytest.raises(Forbidden):
                booking.open_manage_token(shop.id, changed)

    def test_calendar_file(self, tenants: TenantFactory) -> None:
        from portal.domain import tenants as sites

        shop = tenants.make()
        made = book(shop, at(shop, 10))
        text = ics.render(made, sites.site(shop.id)).decode()
        assert f"UID:{made.id}@shop" in text
        assert "SEQUENCE:0" in text
        assert f"DTSTART:{made.start:%Y%m%dT%H%M%SZ}" in text
