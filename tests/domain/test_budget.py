"""A day's tokens: how they are shared among visitors, and when the owner is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest

from portal.assistant import failures
from portal.core import db, queue
from portal.core.clock import now
from portal.core.db import Access
from portal.domain import budget, conversation
from portal.domain.admin import overview
from portal.domain.conversation import NewMessage
from tests.assistant.driver import query
from tests.factories import MadeTenant, TenantFactory
from tests.mailbox import Mailbox, mailbox
from tests.people import Person, person

__all__ = ["mailbox"]
DAILY = 1_000_000


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    return tenants.make(ai={"daily_token_budget": DAILY})


@pytest.fixture
def owner(shop: MadeTenant, database: str) -> Person:
    return person(database, "owner@shop.example", roles={shop.id: "tenant_admin"})


def chat(shop: MadeTenant, visitor: str | None = "selfish") -> Access:
    asks = db.customer(shop.id)
    return replace(asks, session_id=conversation.start(asks, ip_hash=visitor, user_agent=None).session_id)


def speak(access: Access, tokens: int) -> bool:
    """One turn of so many tokens; False when nothing of the visitor's share is left, and nothing is spent."""
    turn = conversation.begin_turn(access, "Hello")
    spent = tokens if turn.reserved else 0
    answer = NewMessage("assistant", [{"type": "text", "text": "Hi"}], input_tokens=spent)
    conversation.finish_turn(access, turn.id, [answer], asked=None, reserved=turn.reserved)
    return bool(turn.reserved)


def used_by(database: str, visitor: str) -> int:
    rows = query(database, "select tokens from portal.visitor_usage where visitor = %s", visitor)
    return sum(row["tokens"] for row in rows)


class TestShares:
    @pytest.mark.parametrize(
        ("daily", "visitor", "newcomer", "newcomers_from"),
        [(2_000_000, 400_000, 40_000, 1_600_000), (100_000, 100_000, 40_000, 80_000), (0, 100_000, 40_000, 0),
         (50_000_000, 10_000_000, 1_000_000, 40_000_000)],
    )  # fmt: skip
    def test_of_a_budget(self, daily: int, visitor: int, newcomer: int, newcomers_from: int) -> None:
        assert budget.shares(daily) == budget.Shares(visitor, newcomer, newcomers_from)


class TestVisitor:
    def test_has_a_share_over_all_chats(self, shop: MadeTenant, database: str) -> None:
        got = [speak(chat(shop), 50_000) for _ in range(6)]
        assert got == [True] * 4 + [False] * 2
        assert used_by(database, "selfish") == 200_000
        assert speak(chat(shop, "another"), 50_000)

    def test_many_turns_at_once_do_not_all_find_room(self, shop: MadeTenant) -> None:
        chats = [chat(shop) for _ in range(14)]
        with ThreadPoolExecutor(7) as pool:
            turns = list(pool.map(lambda access: conversation.begin_turn(access, "Hello"), chats))
        assert sum(bool(turn.reserved) for turn in turns) == budget.shares(DAILY).visitor // budget.TURN_RESERVE

    def test_what_a_turn_did_not_cost_is_given_back(self, shop: MadeTenant, database: str) -> None:
        access = chat(shop)
        assert all(speak(access, 100) for _ in range(12))
        assert used_by(database, "selfish") == 1200

    def test_ten_cached_tokens_count_as_one(self, shop: MadeTenant, database: str) -> None:
        """As they cost: a longer prefix that is read from the cache does not eat the day's budget."""
        access = chat(shop)
        turn = conversation.begin_turn(access, "Hello")
        answer = NewMessage("assistant", [], output_tokens=7, cache_read_tokens=5_000, cache_write_tokens=30)
        conversation.finish_turn(access, turn.id, [answer], asked=None, reserved=turn.reserved)
        assert used_by(database, "selfish") == 537
        assert conversation.begin_turn(access, "Hello again").tenant_tokens_today == 537

    def test_the_last_part_is_for_those_who_used_little(self, shop: MadeTenant) -> None:
        for number in range(4):
            for _ in range(4):
                assert speak(chat(shop, f"talker {number}"), 50_000)
        assert not speak(chat(shop, "talker 0"), 100)
        assert [speak(chat(shop, "newcomer"), 15_000) for _ in range(4)] == [True, True, False, False]
        assert speak(chat(shop, "another newcomer"), 15_000)

    def test_without_an_address_only_the_business_counts(self, shop: MadeTenant, database: str) -> None:
        assert all(speak(chat(shop, None), 50_000) for _ in range(6))
        assert query(database, "select 1 from portal.visitor_usage") == []

    def test_without_redis_the_share_holds(self, shop: MadeTenant, configure: Callable[..., None]) -> None:
        configure(REDIS_URL="redis://127.0.0.1:1/0")
        assert [speak(chat(shop), 95_000) for _ in range(3)] == [True, True, False]

    def test_is_told_where_to_book(self) -> None:
        assert "/book" in failures.SHARE_SPENT

    def test_days_are_counted_apart_and_forgotten(self, shop: MadeTenant, database: str) -> None:
        speak(chat(shop), 190_000)
        query(database, "update portal.visitor_usage set day = day - 2")
        assert speak(chat(shop), 190_000)
        with db.worker().begin() as scope:
            scope.enqueue("sweep_expired")
        queue.drain()
        assert used_by(database, "selfish") == 190_000


class TestOwner:
    def test_is_told_once_at_each_level(self, shop: MadeTenant, owner: Person, mailbox: Mailbox, database: str) -> None:
        person(database, "staff@shop.example", roles={shop.id: "tenant_staff"})
        subjects = []
        for number in range(8):
            for _ in range(2):
                speak(chat(shop, f"visitor {number}"), 79_000)
            queue.drain()
            subjects.append([line for mail in mailbox.mails for line in mail.splitlines() if line[:8] == "Subject:"])
            assert all("To: owner@shop.example" in mail for mail in mailbox.mails)
        nearly = "Subject: Shop: the assistant has used 80 % of today's budget"
        spent = "Subject: Shop: the assistant has used today's budget"
        assert subjects[4:] == [[], [nearly], [nearly], [nearly, spent]]
        assert "/settings/assistant" in mailbox.mails[0].replace("=\r\n", "")

    def test_sees_it_on_the_first_page(self, shop: MadeTenant, owner: Person, database: str) -> None:
        staff = person(database, "staff@shop.example", roles={shop.id: "tenant_staff"})
        assert overview.overview(owner.principal, shop.id).budget_used == 0
        spend(database, shop.id, 830_000)
        assert overview.overview(owner.principal, shop.id).budget_used == 83
        assert overview.overview(staff.principal, shop.id).budget_used == 0
        spend(database, shop.id, 2_000_000)
        assert overview.overview(owner.principal, shop.id).budget_used == 100

    def test_without_mail_nothing_fails(self, shop: MadeTenant, owner: Person, database: str) -> None:
        spend(database, shop.id, DAILY)
        speak(chat(shop), 100)
        queue.drain()
        assert query(database, "select state from portal.jobs where name = %s", "mail_owners") == [{"state": "done"}]


def spend(database: str, tenant_id: UUID, tokens: int) -> None:
    query(
        database,
        "insert into portal.tenant_usage (tenant_id, day, input_tokens) values (%s, %s, %s)"
        " on conflict (tenant_id, day) do update set input_tokens = excluded.input_tokens",
        tenant_id, now().date(), tokens,
    )  # fmt: skip
