"""A customer's first conversation in four trades: ``tests/evals/dialogues``, written as `tests.evals.dialogue` says.

One in three is held apart: the receptionist is not tuned on it. ``portal eval -k conversations -rP`` prints the figures
of both. ``TESTS=all`` holds all dialogues; without it every third of each kind. ``DIALOGUE="dental: all"`` holds those
whose name contains the words, and prints what was said.
"""

import asyncio
import os
from collections.abc import Iterator

import pytest

from portal.assistant import loop
from portal.core.cache import cache
from tests.assistant.driver import Chat, event_loop, hurry
from tests.evals.dialogue import Dialogue, read
from tests.evals.judge import Verdict, hold
from tests.evals.trades import TEMPLATES, Trades
from tests.factories import THOROUGH, TenantFactory

ONLY = os.environ.get("DIALOGUE")
#: Where the customer wanted: at least this share of the dialogues held apart, and all of the others.
WANTED = {"tuned": 1.0, "apart": 0.85}
EVERY = 1 if THOROUGH or ONLY else 3


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with event_loop() as runner:
        yield runner


@pytest.fixture
def trades(tenants: TenantFactory, monkeypatch: pytest.MonkeyPatch) -> Trades:
    monkeypatch.setattr(loop, "SESSION_CAPACITY", 100)
    hurry(tenants.sandbox)
    cache.wait_until_live()
    return Trades(tenants)


@pytest.mark.parametrize("trade", TEMPLATES)
@pytest.mark.parametrize("kind", WANTED)
def test_first_conversations(kind: str, trade: str, trades: Trades, runner: asyncio.Runner) -> None:
    chosen = [dialogue for dialogue in read(trade) if dialogue.is_held_apart is (kind == "apart")]
    chosen = [dialogue for dialogue in chosen if ONLY in str(dialogue)] if ONLY else chosen[::EVERY]
    verdicts = [_held(dialogue, trades, runner) for dialogue in chosen]
    good = sum(verdict.is_good for verdict in verdicts)
    echoed, dropped = sum(bool(v.echoed) for v in verdicts), sum(bool(v.dropped) for v in verdicts)
    told = "\n".join(str(verdict) for verdict in verdicts if ONLY or not verdict.is_good)
    figures = f"{trade}, {kind}: {good} of {len(verdicts)} ended where the customer wanted"
    print(f"{figures}; echoes in {echoed}, parts dropped in {dropped}\n{told}")  # noqa: T201 - `-rP` shows it
    assert (echoed, dropped) == (0, 0), told
    assert good >= WANTED[kind] * len(verdicts), told


def _held(dialogue: Dialogue, trades: Trades, runner: asyncio.Runner) -> Verdict:
    made, days = trades.open(dialogue.trade)
    return hold(dialogue, Chat(made, trades.tenants, runner), days)
