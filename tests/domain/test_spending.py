"""What tokens cost: the table's prices, and no figure where one is missing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import db
from portal.core.cache import cache
from portal.domain import conversation, measures, spending
from portal.domain.conversation import NewMessage
from portal.providers import anthropic_models
from portal.providers.anthropic import Usage
from tests.factories import TenantFactory

HAIKU = "claude-haiku-4-5"
MILLION = 1_000_000
USAGES = st.builds(Usage, *(st.integers(0, 10**9),) * 4)


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(input_tokens=MILLION), 1.0), (Usage(output_tokens=MILLION), 5.0),
        (Usage(cache_write_tokens=MILLION), 1.25), (Usage(cache_read_tokens=MILLION), 0.1),
        (Usage(1000, 200, 8000, 1000), 0.00405), (Usage(), 0.0),
    ],
)  # fmt: skip
def test_prices(usage: Usage, dollars: float) -> None:
    assert spending.spent([(HAIKU, usage)]).cost_usd == dollars
    assert spending.spent([(f"{HAIKU}-20251001", usage)]).cost_usd == dollars


@given(USAGES, USAGES)
def test_a_sum_costs_its_parts(one: Usage, other: Usage) -> None:
    price = anthropic_models.price(HAIKU)
    assert price is not None
    together = spending.spent([(HAIKU, one), (HAIKU, other)]).micros
    assert together == price.of(one) + price.of(other) == price.of(one + other)
    assert price.of(one) - price.of_input(one) == 5 * one.output_tokens


@pytest.mark.parametrize("name", ["claude-haiku-5-5", "qwen", None, "", "claude-haiku-4-5-mini", "x-claude-haiku-4-5"])
def test_no_price_no_cost(name: str | None) -> None:
    found = spending.spent([(HAIKU, Usage(1, 1)), (name, Usage(1, 1))])
    assert (found.micros, found.cost_usd, found.each(2), found.tokens) == (None, None, None, 4)
    assert spending.dollars(found.micros) == "–"
    assert spending.spent([(HAIKU, Usage(1)), (name, Usage())]).micros == 1, "nothing was used of it"


@pytest.mark.parametrize(
    ("micros", "words"),
    [
        (0, "$0.00"), (1, "under $0.001"), (23_456, "$0.023"), (999_000, "$0.999"), (1_250_000, "$1.25"),
        (5 * 10**9, "$5,000.00"),
    ],
)  # fmt: skip
def test_money(micros: int, words: str) -> None:
    assert spending.dollars(Decimal(micros)) == words


def test_measured(tenants: TenantFactory) -> None:
    """Over all businesses; a model of no table is one of "other", without a cost."""
    cache.wait_until_live()
    made = tenants.make()
    session = conversation.start(db.customer(made.id), ip_hash=None, user_agent=None)
    access = db.customer(made.id, session_id=session.session_id)
    begun = conversation.begin_turn(access, "Hi")
    said = NewMessage(
        "assistant", [], model=f"{HAIKU}-20251001", input_tokens=1000, output_tokens=200, cache_read_tokens=8000,
        cache_write_tokens=1000,
    )  # fmt: skip
    conversation.finish_turn(access, begun.id, [said], asked=None)
    measures.forget()
    measures.take()
    assert value(measures.TOKENS, model=HAIKU, kind="cache_read") == 8000
    assert value(measures.CACHE_SHARE, of="input") == 0.8
    assert value(measures.COST, model=HAIKU) == value(measures.COST_EACH, of="chat") == 0.00405
    assert value(measures.COST_EACH, of="booking") is None
    begun = conversation.begin_turn(access, "And?")
    conversation.finish_turn(access, begun.id, [NewMessage("assistant", [], model="qwen", input_tokens=5)], asked=None)
    measures.forget()
    measures.take()
    assert value(measures.TOKENS, model="other", kind="input") == 5
    assert value(measures.COST, model="other") is None
    assert value(measures.COST_EACH, of="chat") is None, "not known of all that was used"
    assert value(measures.COST, model=HAIKU) == 0.00405


def value(gauge: object, **labels: str) -> float | None:
    samples = [sample for metric in gauge.collect() for sample in metric.samples]  # type: ignore[attr-defined]
    return next((sample.value for sample in samples if sample.labels == labels), None)
