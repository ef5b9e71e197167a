"""The handlers behind ``/manage/<token>``: the token is all that counts."""

from datetime import timedelta
from uuid import uuid4

import pytest

from portal.core import db
from portal.core.clock import now
from portal.domain import availability, booking
from portal.domain.booking import BookingRequest, BookingView
from portal.web.public.manage.state import ManageState
from tests.factories import MadeTenant, Sandbox, TenantFactory
from tests.web.visitors import acall, call, run, visiting


def booked(shop: MadeTenant) -> BookingView:
    day = now().date() + timedelta(days=3)
    start = availability.slots_for_day(shop.id, shop.service_id, day)[0].start
    request = BookingRequest(shop.service_id, start, "Ada Lovelace", "ada@example.com")
    return booking.book(db.customer(shop.id), request, idempotency_key=uuid4().hex)


def managing(shop: MadeTenant, token: str) -> ManageState:
    return visiting(ManageState, shop.host, f"/manage/{token}")


def token_of(view: BookingView) -> str:
    return view.manage_url.rpartition("/")[2]


async def until_check(state: ManageState) -> None:
    await acall(state, "enter")
    await acall(state, "start_moving")
    await acall(state, "load_days")
    await acall(state, "pick_day", [cell.date for cell in state.days if cell.free][-1])
    await acall(state, "pick_time", state.times[0].times[0].start)


class TestEnter:
    def test_shows_the_booking(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        state = managing(shop, token_of(booked(shop)))
        call(state, "enter")
        assert (state.status, state.card.status, state.greeting) == ("ready", "confirmed", "Hello Ada Lovelace")
        assert state.can_move

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "../../book", "x" * 10_000])
    def test_nonsense(self, tenants: TenantFactory, token: str) -> None:
        shop = tenants.make()
        state = managing(shop, token)
        call(state, "enter")
        assert (state.status, state.card.service) == ("invalid", "")

    def test_of_another_tenant(self, tenants: TenantFactory) -> None:
        shop, other = tenants.make("shop"), tenants.make("other")
        state = managing(other, token_of(booked(shop)))
        call(state, "enter")
        assert (state.status, state.greeting) == ("invalid", "")


class TestMoving:
    def test_moves(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        view = booked(shop)
        state = managing(shop, token_of(view))

        async def move() -> None:
            await until_check(state)
            await acall(state, "confirm_move")

        run(move())
        assert (state.mode, state.failure) == ("view", "")
        assert state.history.startswith("Moved from")
        assert booking.get(db.customer(shop.id, booking_id=view.id)).start > view.start

    def test_trouble_can_be_tried_again(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        """The first try holds the new seat: the second must use that hold, not collide with it."""
        shop = tenants.make()
        state = managing(shop, token_of(booked(shop)))

        async def move() -> None:
            await until_check(state)
            sandbox.fault(provider="calcom", match={"method": "POST", "path_regex": "reschedule"}, times=1, status=429)
            await acall(state, "confirm_move")
            assert (state.mode, bool(state.failure)) == ("check", True)
            await acall(state, "confirm_move")

        run(move())
        assert (state.mode, state.failure) == ("view", "")

    def test_going_back_frees_the_held_seat(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        view = booked(shop)
        first, second = (managing(shop, token_of(each)) for each in (view, view))

        async def move() -> None:
            await until_check(first)
            sandbox.fault(provider="calcom", match={"method": "POST", "path_regex": "reschedule"}, times=1, status=429)
            await acall(first, "confirm_move")
            await acall(first, "go_back")
            await until_check(second)
            await acall(second, "confirm_move")

        run(move())
        assert (second.mode, second.failure) == ("view", "")

    def test_steps_cannot_be_skipped(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        view = booked(shop)
        state = managing(shop, token_of(view))
        for handler in ("enter", "confirm_move", "confirm_cancel", "go_back"):
            call(state, handler)
        assert booking.get(db.customer(shop.id, booking_id=view.id)).start == view.start
        assert state.card.status == "confirmed"


class TestCancelling:
    def test_cancels(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        view = booked(shop)
        state = managing(shop, token_of(view))

        async def cancel() -> None:
            await acall(state, "enter")
            await acall(state, "start_cancelling")
            await acall(state, "confirm_cancel")

        run(cancel())
        assert (state.card.status, state.can_change, state.notice) == (
            "cancelled",
            False,
            "Your booking was cancelled.",
        )

    def test_too_late(self, tenants: TenantFactory) -> None:
        shop = tenants.make(policies={"cancel_window_minutes": 60 * 24 * 10})
        view = booked(shop)
        state = managing(shop, token_of(view))

        async def cancel() -> None:
            await acall(state, "enter")
            await acall(state, "start_cancelling")
            state.mode = "cancel"  # a page from before the window closed
            await acall(state, "confirm_cancel")

        run(cancel())
        assert state.is_too_late
        assert booking.get(db.customer(shop.id, booking_id=view.id)).status == "confirmed"
