"""What a booking conversation's input costs, by the stand-in's accounting, against what it cost before.

One conversation of eight turns goes through ``assistant.loop.run_turn`` on a cold cache: a customer asks, chooses and
confirms. The figure before is computed from the same requests: every input token at the full price, as nothing was
cached then (the prefix was below the model's minimum), less the examples, which that prefix did not have. The stand-in
counts a token for four characters, and reads and writes as the API does.
"""

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from bench import report
from bench.report import Row
from bench.servers import BenchSite, bench_site
from portal.assistant import examples, loop
from portal.assistant.events import ErrorEvent
from portal.core import db
from portal.core.clock import now
from portal.domain import conversation, spending
from portal.providers import anthropic, anthropic_models
from portal.providers.anthropic import Usage
from tests.assistant.driver import query

MODEL = "claude-haiku-4-5"
SHARE, COST = 0.7, 0.5
SAID = (
    "Hi! Is there parking?",
    "What does a haircut cost?",
    "When could I come for a haircut on {day}?",
    "Do you take cards?",
    "Then the first of these times please",
    "Ann Lee, ann@example.com",
    "confirm",
    "Thanks, and what was my reference?",
)


def run() -> list[Row]:
    with bench_site() as site:
        site.sandbox.post("/_sandbox/anthropic/pace", {"first_token_ms": 0, "per_token_ms": 0})
        used, booked = asyncio.run(_conversation(site))
    price = anthropic_models.MODELS[MODEL].price
    if price is None or not booked:
        raise RuntimeError("the conversation booked nothing")
    total = sum(used, Usage())
    shorter = examples.tokens(len(examples.EXAMPLES)) * len(used)
    before = (total.total_input - shorter) * price.input
    cost = price.of_input(total)
    return [
        report.at_least("input tokens read from cache", total.cache_read_tokens / total.total_input, SHARE, "share"),
        report.at_most("input cost, of what it was before", float(cost / before), COST, "ratio"),
        report.note("of the same requests without a cache", float(cost / (total.total_input * price.input)), "ratio"),
        report.note("requests to the model", len(used), ""),
        report.note("input tokens", total.total_input, "tokens"),
        report.note("written to cache", total.cache_write_tokens, "tokens"),
        report.note("input before", float(before / spending.MICROS), "USD"),
        report.note("input now", float(cost / spending.MICROS), "USD"),
        report.note("whole conversation now", float(_usd(price.of(total))), "USD"),
    ]


def _usd(micros: Decimal) -> Decimal:
    return micros / spending.MICROS


async def _conversation(site: BenchSite) -> tuple[list[Usage], int]:
    """What each request used, and how many bookings came of it."""
    access = db.customer(site.tenant_id)
    session = await asyncio.to_thread(conversation.start, access, ip_hash=None, user_agent=None)
    access = replace(access, session_id=session.session_id)
    day = f"{now() + timedelta(days=3):%A}"
    for said in SAID:
        async for event in loop.run_turn(access, said.format(day=day)):
            if isinstance(event, ErrorEvent):
                raise RuntimeError(event.code)
    await anthropic.close()
    rows = query(
        site.database_url,
        "select input_tokens, output_tokens, cache_read_tokens, cache_write_tokens from portal.chat_messages"
        " where session_id = %s and model is not null order by seq",
        session.session_id,
    )
    [bookings] = query(site.database_url, "select count(*) as number from portal.bookings")
    return [Usage(**row) for row in rows], bookings["number"]


if __name__ == "__main__":
    sys.exit(report.finish("conversation_cost", run()))
