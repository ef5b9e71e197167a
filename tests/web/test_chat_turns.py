"""A turn on its way to the page."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from portal.assistant.events import Done, ErrorEvent, Event, Token, Tool
from portal.core.errors import Unavailable
from portal.web.chat.turns import Answer, paced


def gathered(turn: AsyncIterator[Event]) -> list[list[Event]]:
    async def gather() -> list[list[Event]]:
        return [batch async for batch in paced(turn)]

    return asyncio.run(gather())


async def said(*words: str, every: float = 0.0) -> AsyncIterator[Event]:
    for word in words:
        yield Token(word)
        await asyncio.sleep(every)
    yield Done(None, "end_turn")


class TestPaced:
    def test_everything_in_order_in_few_batches(self) -> None:
        batches = gathered(said(*[str(number) for number in range(200)], every=0.001))
        events = [event for batch in batches for event in batch]
        assert [event.text for event in events if isinstance(event, Token)] == [str(number) for number in range(200)]
        assert isinstance(events[-1], Done)
        assert len(batches) < 20

    def test_first_word_does_not_wait(self) -> None:
        assert len(gathered(said("a", "b", every=0.02))[0]) == 1

    def test_raises_what_the_turn_raised_after_what_it_said(self) -> None:
        async def broken() -> AsyncIterator[Event]:
            yield Token("half")
            raise Unavailable

        seen: list[Event] = []

        async def read() -> None:
            async for batch in paced(broken()):
                seen.extend(batch)

        with pytest.raises(Unavailable):
            asyncio.run(read())
        assert seen == [Token("half")]


class TestAnswer:
    SITE: Any = None  # only cards need it

    def test_words_around_a_tool_are_paragraphs(self) -> None:
        answer = Answer()
        for event in (Token("Let me "), Token("look."), Tool("check_availability", "running")):
            answer.take(event, self.SITE)
        assert answer.activity == "Checking the calendar"
        for event in (Tool("check_availability", "done"), Token("Here "), Token("it is.")):
            answer.take(event, self.SITE)
        assert (answer.text, answer.activity) == ("Let me look.\n\nHere it is.", "")

    def test_unknown_tool_is_named_plainly(self) -> None:
        answer = Answer()
        answer.take(Tool("rm_rf", "running"), self.SITE)
        assert answer.activity == "One moment"

    def test_error_is_kept(self) -> None:
        answer = Answer()
        answer.take(ErrorEvent("UNAVAILABLE", "Sorry."), self.SITE)
        assert answer.failure == "Sorry."
