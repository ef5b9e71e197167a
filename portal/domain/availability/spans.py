"""Which days are asked for together. One question costs the same for two months as for a day."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple

from portal.domain.hours import DAY, day_bounds

SPAN_DAYS: Final = 62


class Span(NamedTuple):
    """Days from the first to the last, both of them included."""

    first: date
    last: date

    def days(self) -> list[date]:
        return [self.first + n * DAY for n in range((self.last - self.first).days + 1)]


def spans_of(days: Iterable[date], today: date) -> list[Span]:
    """The spans, counted from ``today`` on, in which these days lie; in order, each once."""
    numbers = {(day - today).days // SPAN_DAYS for day in days}
    starts = [today + number * SPAN_DAYS * DAY for number in sorted(numbers)]
    return [Span(start, start + (SPAN_DAYS - 1) * DAY) for start in starts]


def stretches(span: Span, timezone: str) -> Iterator[Span]:
    """The span, cut before each day on which the zone's clocks change.

    Asked for days on both sides of a change in spring at once, Cal.com also lists times of the evening before it that
    nobody opened; asked for each side alone it does not.
    """
    first = span.first
    for day in span.days()[1:]:
        start, end = day_bounds(day, timezone)
        if end - start != DAY:
            yield Span(first, day - DAY)
            first = day
    yield Span(first, span.last)
