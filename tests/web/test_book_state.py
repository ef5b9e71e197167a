"""The handlers behind ``/book``: what they do, and what they refuse from a browser that sends anything."""

import asyncio
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.core.clock import now
from portal.web.public.book.state import BookState
from tests.factories import MadeTenant, Sandbox, TenantFactory
from tests.web.visitors import acall, call, run, visiting

FORM = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "", "notes": ""}
NONSENSE: list[Any] = [None, 7, "", "x" * 100_000, ["a"], {"a": 1}, "2026-02-30", "0001-01-01", "9999-12-31", "\x00"]


async def until_times(state: BookState, shop: MadeTenant, *, free_day: int = 2) -> None:
    await acall(state, "choose_service", str(shop.service_id))
    await acall(state, "load_days")
    await acall(state, "pick_day", [cell.date for cell in state.days if cell.free][free_day])


async def until_summary(state: BookState, shop: MadeTenant, *, time: int = 0) -> None:
    await until_times(state, shop)
    await acall(state, "pick_time", state.times[0].times[time].start)
    await acall(state, "submit_details", FORM)


class TestWalk:
    def test_to_a_booking(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make(policies={"cancellation_policy": "A day before, please."})
        state = visiting(BookState, shop.host, "/book")

        async def walk() -> None:
            await until_summary(state, shop)
            assert (state.step, state.policy, state.service_facts) == (
                "confirm", "A day before, please.", "30 minutes · $35",
            )  # fmt: skip
            await acall(state, "confirm")

        run(walk())
        assert (state.step, state.card.status, state.failure) == ("done", "confirmed", "")
        assert state.card.manage_path.startswith("/manage/")
        assert len(sandbox.get("/_sandbox/calcom/bookings")["bookings"]) == 1

    def test_confirmed_again_and_again_books_once(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        state = visiting(BookState, shop.host, "/book")

        async def walk() -> None:
            await until_summary(state, shop)
            for _ in range(3):
                await acall(state, "confirm")
                state.step = "confirm"  # as if an answer had been lost on the way to the browser
            await acall(state, "confirm")

        run(walk())
        assert len(sandbox.get("/_sandbox/calcom/bookings")["bookings"]) == 1

    def test_taken_time_leads_back_with_the_details_kept(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        first, second = (visiting(BookState, shop.host, "/book") for _ in range(2))

        async def race() -> list[Any]:
            await until_summary(first, shop)
            await until_summary(second, shop)
            await acall(first, "confirm")
            return await acall(second, "confirm")

        assert BookState.load_days in run(race())
        assert (second.step, second.slot, second.email) == ("time", "", "ada@example.com")
        assert second.notice


class TestOrder:
    def test_steps_cannot_be_skipped(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        state = visiting(BookState, shop.host, "/book")

        async def skip() -> None:
            await acall(state, "submit_details", FORM)
            await acall(state, "confirm")
            await acall(state, "pick_time", now().isoformat())
            await acall(state, "go_back_to", "confirm")
            await acall(state, "load_days")

        run(skip())
        assert (state.step, state.days_status) == ("service", "idle")
        assert sandbox.get("/_sandbox/calcom/bookings")["bookings"] == []

    @pytest.mark.parametrize("handler", ["choose_service", "pick_day", "pick_time", "go_back_to", "note_browser_zone"])
    def test_nonsense_changes_nothing(self, tenants: TenantFactory, handler: str) -> None:
        shop = tenants.make()
        state = visiting(BookState, shop.host, "/book")

        async def send() -> None:
            await until_times(state, shop)
            before = (state.day, state.slot)
            for value in NONSENSE:
                await acall(state, handler, value)
            assert (state.step, state.day, state.slot) == ("time", *before)

        run(send())

    def test_nonsense_in_the_form(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        state = visiting(BookState, shop.host, "/book")

        async def send() -> None:
            await until_times(state, shop)
            await acall(state, "pick_time", state.times[0].times[0].start)
            for value in NONSENSE:
                await acall(state, "submit_details", value)
                await acall(state, "leave_field", value, "x")
                await acall(state, "leave_field", "email", value)

        run(send())
        assert state.step == "details"

    def test_a_time_of_another_day_is_not_offered(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        state = visiting(BookState, shop.host, "/book")

        async def send() -> None:
            await until_times(state, shop, free_day=3)
            foreign = state.times[0].times[0].start
            await acall(state, "pick_day", [cell.date for cell in state.days if cell.free][2])
            await acall(state, "pick_time", foreign)

        run(send())
        assert (state.step, state.slot) == ("time", "")


class TestTenant:
    def test_service_of_another_tenant(self, tenants: TenantFactory) -> None:
        shop, other = tenants.make("shop"), tenants.make("other")
        state = visiting(BookState, shop.host, "/book")
        call(state, "choose_service", str(other.service_id))
        assert (state.step, state.service_id) == ("service", "")
        assert state.notice

    def test_follows_the_host_of_each_event(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        """A tab's state that turns up on another tenant's host books nothing there."""
        shop, other = tenants.make("shop"), tenants.make("other")
        state = visiting(BookState, shop.host, "/book")

        async def walk() -> None:
            await until_summary(state, shop)
            state.parent_state.parent_state.router = visiting(BookState, other.host, "/book").router
            await acall(state, "confirm")

        run(walk())
        assert state.step == "confirm"
        assert state.failure
        assert sandbox.get("/_sandbox/calcom/bookings")["bookings"] == []


class TestEnter:
    def test_deep_link_is_followed_once(self, tenants: TenantFactory) -> None:
        shop = tenants.make(services={"Cut": {}, "Shave": {}})
        state = visiting(BookState, shop.host, f"/book?service={shop.services['Shave']}")
        redirect, load = call(state, "enter")
        assert (state.step, state.service_name) == ("day", "Shave")
        assert load == BookState.load_days
        assert "/book" in str(redirect)

    def test_keeps_what_was_chosen(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        state = visiting(BookState, shop.host, "/book")

        async def walk() -> list[Any]:
            await until_summary(state, shop)
            return await acall(state, "enter")

        assert run(walk()) == []
        assert state.step == "confirm"


class TestCalendar:
    def test_unreachable_is_an_error(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        sandbox.fault(provider="calcom", times=None, status=503)
        state = visiting(BookState, shop.host, "/book")

        async def walk() -> None:
            await acall(state, "choose_service", str(shop.service_id))
            await acall(state, "load_days")

        run(walk())
        assert (state.days_status, state.days) == ("error", [])
        assert state.days_error

    def test_looks_beyond_the_days_shown(self, tenants: TenantFactory) -> None:
        today = now().astimezone(ZoneInfo("America/New_York")).date()
        weekly = [{"days": [(today + timedelta(days=1)).weekday()], "start": "09:00", "end": "17:00"}]
        shop = tenants.make(account={"schedule": weekly})
        state = visiting(BookState, shop.host, "/book")

        async def walk() -> None:
            await acall(state, "choose_service", str(shop.service_id))
            await acall(state, "load_days")
            assert await acall(state, "pick_day", (today + timedelta(days=10)).isoformat()) == [
                BookState.find_next_free
            ]
            await acall(state, "find_next_free")
            assert state.next_free == (today + timedelta(days=15)).isoformat()
            await acall(state, "jump_to_next_free")
            await acall(state, "load_days")

        run(walk())
        assert (state.days_status, state.can_go_earlier) == ("ready", True)
        assert state.times

    def test_an_answer_to_an_older_question_is_dropped(self, tenants: TenantFactory) -> None:
        shop = tenants.make(services={"Cut": {}, "Shave": {}})
        state = visiting(BookState, shop.host, "/book")

        async def overtake() -> None:
            await acall(state, "choose_service", str(shop.services["Cut"]))
            slow = asyncio.create_task(acall(state, "load_days"))
            await asyncio.sleep(0)
            await acall(state, "choose_service", str(shop.services["Shave"]))
            await acall(state, "load_days")
            state.days_status = "the newer answer"
            await slow

        run(overtake())
        assert state.days_status == "the newer answer"
