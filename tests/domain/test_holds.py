"""What one visitor's chats may hold of a business's times, however many they are and however often they ask."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from portal.core import db
from portal.core.clock import now
from portal.core.db import Access
from portal.domain import availability, booking, conversation
from portal.domain.availability import Slot
from portal.domain.booking import BookingRequest, TooManyHolds, holds
from tests.factories import MadeTenant, TenantFactory


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    return tenants.make()


def slots(shop: MadeTenant, *, days_ahead: int = 3) -> tuple[Slot, ...]:
    return availability.slots_for_day(shop.id, shop.service_id, (now() + timedelta(days=days_ahead)).date())


def chat(shop: MadeTenant, *offered: Slot, visitor: str | None = "selfish") -> Access:
    """A conversation that was shown these times."""
    asks = db.customer(shop.id)
    begun = conversation.start(asks, ip_hash=visitor, user_agent=None)
    access = replace(asks, session_id=begun.session_id)
    booking.record_offers(access, shop.service_id, offered)
    return access


def wanted(shop: MadeTenant, slot: Slot, visitor: str | None = None) -> BookingRequest:
    return BookingRequest(shop.service_id, slot.start, "Ann Lee", "ann@example.com", visitor=visitor)


def held(shop: MadeTenant, access: Access, slot: Slot) -> bool:
    try:
        booking.propose_create(access, wanted(shop, slot), reserve=False)
    except TooManyHolds:
        return False
    return True


def later(database: str, *, minutes: int) -> None:
    """Let all proposals and claims be this much older: the database's clock cannot be moved."""
    with psycopg.connect(database, autocommit=True) as connection:
        for change in (
            "update portal.proposals set created_at = created_at - %(by)s, expires_at = expires_at - %(by)s",
            "update portal.slot_claims set expires_at = expires_at - %(by)s",
        ):
            connection.execute(change, {"by": timedelta(minutes=minutes)})


class TestOpenHolds:
    def test_a_race_of_chats_gets_as_many_as_one_may(self, shop: MadeTenant) -> None:
        times = slots(shop)
        chats = [chat(shop, slot) for slot in times[:8]]
        with ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda each: held(shop, *each), zip(chats, times, strict=False)))
        assert sum(got) == len(times) // 4
        assert len(slots(shop)) == len(times) - len(times) // 4

    def test_over_several_days(self, shop: MadeTenant) -> None:
        got = [
            held(shop, chat(shop, slot), slot) for day in (3, 4, 5) for slot in slots(shop, days_ahead=day)[:2]
        ]  # fmt: skip
        assert got == [True] * holds.MOST_OPEN + [False]

    def test_others_are_not_counted(self, shop: MadeTenant) -> None:
        times = slots(shop)[:5]
        for visitor in ("selfish", "another"):
            assert held(shop, chat(shop, *times, visitor=visitor), times[0] if visitor == "selfish" else times[1])
        assert all(held(shop, chat(shop, slot, visitor=f"visitor {slot.start}"), slot) for slot in times[2:])

    def test_a_chat_changes_its_mind_freely(self, shop: MadeTenant) -> None:
        times = slots(shop)[:8]
        access = chat(shop, *times)
        assert all(held(shop, access, slot) for slot in times)

    def test_what_is_booked_is_no_hold(self, shop: MadeTenant) -> None:
        """A family's five chats, one after the other."""
        for slot in slots(shop)[:5]:
            access = chat(shop, slot)
            proposal = booking.propose_create(access, wanted(shop, slot), reserve=False)
            assert booking.confirm(access, proposal.id).status == "confirmed"

    def test_says_what_to_do(self, shop: MadeTenant) -> None:
        times = slots(shop)[:5]
        for slot in times[:4]:
            assert held(shop, chat(shop, slot), slot)
        with pytest.raises(TooManyHolds, match="/book") as refused:
            booking.propose_create(chat(shop, times[4]), wanted(shop, times[4]))
        assert refused.value.status == 429


class TestRenewing:
    def test_the_same_time_is_not_held_for_ever(self, shop: MadeTenant, database: str) -> None:
        slot, got = slots(shop)[0], []
        for _ in range(5):
            got.append(held(shop, chat(shop, slot), slot))
            later(database, minutes=12)
        assert got == [True] * 3 + [False] * 2
        assert held(shop, chat(shop, slot, visitor="another"), slot)
        later(database, minutes=90)
        assert held(shop, chat(shop, slot), slot)

    def test_corrections_are_no_renewals(self, shop: MadeTenant) -> None:
        slot = slots(shop)[0]
        access = chat(shop, slot)
        assert all(held(shop, access, slot) for _ in range(10))


class TestForm:
    def test_one_visitor_takes_half_of_a_day(self, shop: MadeTenant) -> None:
        times = slots(shop)
        for number, slot in enumerate(times[: len(times) // 2]):
            booking.book(db.customer(shop.id), wanted(shop, slot, "selfish"), idempotency_key=f"key-{number:08}")
        with pytest.raises(TooManyHolds, match="another day"):
            booking.book(db.customer(shop.id), wanted(shop, times[-2], "selfish"), idempotency_key="one too many")
        slot = slots(shop, days_ahead=4)[0]
        booking.book(db.customer(shop.id), wanted(shop, slot, "selfish"), idempotency_key="another day")
        booking.book(db.customer(shop.id), wanted(shop, times[-2], "another"), idempotency_key="somebody else")

    def test_books_although_all_holds_are_open(self, shop: MadeTenant) -> None:
        times = slots(shop)[:5]
        for slot in times[:4]:
            assert held(shop, chat(shop, slot), slot)
        booking.book(db.customer(shop.id), wanted(shop, times[4], "selfish"), idempotency_key="at once")

    def test_the_same_key_is_the_same_booking(self, shop: MadeTenant) -> None:
        slot = slots(shop)[0]
        request = wanted(shop, slot, "selfish")
        made = {booking.book(db.customer(shop.id), request, idempotency_key="one key").uid for _ in range(12)}
        assert len(made) == 1

    def test_staff_books_a_whole_day(self, shop: MadeTenant) -> None:
        for number, slot in enumerate(slots(shop)[:10]):
            booking.book(db.customer(shop.id), wanted(shop, slot), idempotency_key=f"staff-{number:08}")
