"""Days in the customer's words: "next Tuesday", "Nov 30", "this weekend", "in two weeks"."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = r"(?P<weekday>mon|tue(?:s)?|wed(?:s)?|thu(?:rs?)?|fri|sat|sun)(?:day|nesday|sday|rsday|urday)?s?"
_NUMBERS = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
_NUMBERS |= {"a": 1, "an": 1, "couple of": 2, "a couple of": 2, "few": 3, "a few": 3}
_NUMBER = r"(?P<number>\d{1,2}|a couple of|couple of|a few|few|an?|" + "|".join(list(_NUMBERS)[1:13]) + ")"
_ORDINAL = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>20\d{2}))?"
#: A date without a year this long ago is one that the customer got wrong; longer ago, next year's is meant.
_RECENT = timedelta(days=60)
_NEGATION = re.compile(r"(?:\bnot|n't|\bexcept|\bbut not|\bother than|\binstead of|\bcannot|\banything but)\b")
_CLAUSE_END = re.compile(r"[,.;!?]|(?<!anything )\bbut\b(?! not)|\bhow about\b|\bwhat about\b|\binstead\b(?! of)")


class Trouble(StrEnum):
    """Why a day that was named is none: there is no February 30, or the 17th is no Friday."""

    NO_SUCH_DAY = "no such day"
    WRONG_WEEKDAY = "wrong weekday"


class _NoSuchDayError(ValueError):
    pass


@dataclass(frozen=True)
class Mention:
    """Days named at one place of a text (`start` to `end` are positions in it).

    With WRONG_WEEKDAY `first` is the day of the date, `last` the nearest of that weekday.
    """

    first: date
    last: date
    start: int
    end: int
    soonest: bool = False
    weekday: bool = False
    trouble: Trouble | None = None


@dataclass(frozen=True)
class DayWish:
    """The days a customer wants: a range, within it `only` certain days where they were listed, and never "
    "`excluded` ones."""

    first: date
    last: date
    only: frozenset[date] | None = None
    excluded: frozenset[date] = frozenset()
    soonest: bool = False

    def admits(self, day: date) -> bool:
        """Whether the day is one of those wanted."""
        return self.first <= day <= self.last and (self.only is None or day in self.only) and day not in self.excluded

    @property
    def single(self) -> bool:
        return self.first == self.last


_Span = tuple[date, date] | None
_Reader = Callable[[re.Match[str], date], _Span]


def _iso(match: re.Match[str], today: date) -> _Span:
    return _day(int(match["year"]), int(match["month"]), int(match["day"]))


def _slashes(match: re.Match[str], today: date) -> _Span:
    month, day = int(match["month"]), int(match["day"])
    if month > 12:
        month, day = day, month
    try:
        return _dated(month, day, match["year"], today)
    except _NoSuchDayError:
        return None  # "1/2", "24/7": not every such pair is meant as a day


def _named_month(match: re.Match[str], today: date) -> _Span:
    return _dated(_MONTHS.index(match["month"][:3]) + 1, int(match["day"]), match["year"], today)


def _dated(month: int, day: int, year: str | None, today: date) -> _Span:
    if year is not None:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    if month > 12:
        return None
    this_year, next_year = _existing(today.year, month, day), _existing(today.year + 1, month, day)
    found = this_year if this_year is not None and this_year >= today - _RECENT else next_year or this_year
    if found is None:
        raise _NoSuchDayError
    return found, found


def _day(year: int, month: int, day: int) -> _Span:
    found = _existing(year, month, day)
    if found is None:
        raise _NoSuchDayError
    return found, found


def _existing(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day_of_month(match: re.Match[str], today: date) -> _Span:
    day = int(match["day"])
    year, month = today.year, today.month
    for _ in range(13):
        if 1 <= day <= monthrange(year, month)[1] and date(year, month, day) >= today:
            return _day(year, month, day)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


def _offset(days: int) -> _Reader:
    return lambda match, today: (today + timedelta(days=days), today + timedelta(days=days))


def _relative(match: re.Match[str], today: date) -> _Span:
    number = _NUMBERS.get(match["number"]) or int(match["number"])
    if match["unit"].startswith("day"):
        return today + timedelta(days=number), today + timedelta(days=number)
    first = today + timedelta(days=30 * number if match["unit"].startswith("month") else 7 * number)
    return first, first + timedelta(days=2)


def _weekday(match: re.Match[str], today: date) -> _Span:
    """A bare or "this" weekday is the coming one; "next" means the one in the next week, which starts on Monday."""
    target = _WEEKDAYS.index(match["weekday"][:3])
    which = match["which"] or ""
    if which == "next":
        day = _monday_after(today) + timedelta(days=target)
    else:
        ahead = (target - today.weekday()) % 7
        day = today + timedelta(days=ahead if ahead or which == "this" else 7)
    if match["weeklater"]:
        day += timedelta(days=7)
    return day, day


def _weekend(match: re.Match[str], today: date) -> _Span:
    saturday = today + timedelta(days=(5 - today.weekday()) % 7)
    if today.weekday() == 6 and match["which"] != "next":
        return today, today
    if match["which"] == "next":
        saturday = _monday_after(today) + timedelta(days=5)
    return saturday, saturday + timedelta(days=1)


def _week(match: re.Match[str], today: date) -> _Span:
    if match["which"] == "next":
        monday = _monday_after(today)
        return monday, monday + timedelta(days=6)
    return today, _monday_after(today) - timedelta(days=1)


def _month(match: re.Match[str], today: date) -> _Span:
    """A whole month: its first two weeks are enough to begin with."""
    if match["month"] is not None:
        number = _MONTHS.index(match["month"][:3]) + 1
        year = today.year + (1 if number < today.month else 0)
    else:
        year, number = (today.year + 1, 1) if today.month == 12 else (today.year, today.month + 1)
    first = max(today, date(year, number, 1))
    return first, first + timedelta(days=13)


def _soon(match: re.Match[str], today: date) -> _Span:
    return today, today + timedelta(days=7)


def _monday_after(today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


_SOONEST = (
    r"asap|how soon|as soon as possible|as early as possible|soonest|earliest|next available|first available|"
    r"any ?time|any day|"
    r"whenever|(?:the )?next few days|coming days|next (?:free )?(?:slot|opening|appointment)"
)

_same, _later, _earlier = _offset(0), _offset(1), _offset(-1)
#: Readers that count from the day spoken of before.
_ANCHORED = (_same, _later, _earlier)

_READERS: tuple[tuple[str, _Reader], ...] = (
    (r"(?P<year>20\d{2})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", _iso),
    (r"(?!24/7)(?P<month>\d{1,2})/(?P<day>\d{1,2})(?:/(?P<year>20\d{2}|\d{2}))?(?![\d/])", _slashes),
    (rf"{_MONTH}\s+(?:the\s+)?{_ORDINAL}(?!\d|:\d|\s*[ap]\.?m\b){_YEAR}", _named_month),
    (rf"(?:the\s+)?{_ORDINAL}\s+(?:of\s+)?{_MONTH}{_YEAR}", _named_month),
    (r"(?:the\s+)?day after tomorrow", _offset(2)),
    (r"tomorrow|tmrw|tomorow|tommorow|tommorrow", _offset(1)),
    (r"today|tonight|this (?:morning|afternoon|evening)|right now", _offset(0)),
    (r"yesterday", _offset(-1)),
    (r"(?:the )?same day|that day", _same),
    (r"the (?:next|following) day|(?:the|a|one) day (?:after|later)", _later),
    (r"(?:the|a|one) day (?:before|earlier)", _earlier),
    (rf"(?:in|within)\s+{_NUMBER}\s+(?P<unit>days?|weeks?|months?)(?:'s)?(?:\s+time)?", _relative),
    (rf"{_NUMBER}\s+(?P<unit>days?|weeks?|months?)\s+(?:from\s+(?:now|today)|later)", _relative),
    (r"(?P<which>this|next|the|coming)?\s*weekend", _weekend),
    (r"(?P<which>this|next|later this)\s+week", _week),
    (r"next month(?P<month>(?!))?", _month),
    (
        rf"(?:(?P<which>this|next|coming|on|the)\s+)?(?:coming\s+)?{_WEEKDAY}"
        r"(?P<weeklater>\s+(?:after next|the week after|in a week|week))?",
        _weekday,
    ),
    (rf"(?:in|during)\s+(?:early\s+)?{_MONTH}(?!\s+\d)", _month),
    (r"(?:the|on)\s+(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)", _day_of_month),
    (r"(?P<day>\d{1,2})(?:st|nd|rd|th)(?!\s+(?:one|slot|option|time|visit|floor))", _day_of_month),
    (_SOONEST, _soon),
)
_COMPILED = tuple((re.compile(rf"(?<![\w/.@-])(?:{pattern})(?![\w@])"), reader) for pattern, reader in _READERS)


def find_dates(text: str, today: date, anchor: date | None = None) -> list[Mention]:
    """Every mention of days in folded text, in the order of the text; no two overlap.

    `anchor` is the day spoken of before, from which "the next day" counts.
    """
    taken = [False] * len(text)
    found: list[Mention] = []
    for pattern, reader in _COMPILED:
        for match in pattern.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            mention = _mention(match, reader, (anchor or today) if reader in _ANCHORED else today)
            if mention is not None:
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                found.append(mention)
    return _merged(text, sorted(found, key=lambda mention: mention.start))


def _mention(match: re.Match[str], reader: _Reader, today: date) -> Mention | None:
    try:
        span = reader(match, today)
    except OverflowError:
        return None
    except _NoSuchDayError:
        return Mention(today, today, match.start(), match.end(), trouble=Trouble.NO_SUCH_DAY)
    if span is None:
        return None
    return Mention(*span, match.start(), match.end(), soonest=reader is _soon, weekday=reader is _weekday)


def _merged(text: str, mentions: list[Mention]) -> list[Mention]:
    """ "Thursday December 17", "the 17th, Thursday": one day, told by its date; the weekday must agree with it."""
    merged: list[Mention] = []
    for mention in mentions:
        before = merged[-1] if merged else None
        if before is not None and _is_beside(text, before, mention) and before.weekday != mention.weekday:
            merged[-1] = _one_day(*((before, mention) if before.weekday else (mention, before)))
        else:
            merged.append(mention)
    return merged


def _is_beside(text: str, before: Mention, mention: Mention) -> bool:
    gap = text[before.end : mention.start]
    return before.first == before.last and re.fullmatch(r"[\s,(]*(?:the|on|a|which is a|is a)?\s*", gap) is not None


def _one_day(weekday: Mention, dated: Mention) -> Mention:
    start, end = min(weekday.start, dated.start), max(weekday.end, dated.end)
    if dated.trouble is not None or dated.first != dated.last or dated.soonest:
        return replace(dated, start=start, end=end)
    off = (weekday.first.weekday() - dated.first.weekday() + 3) % 7 - 3
    if off == 0:
        return replace(dated, start=start, end=end)
    return replace(dated, last=dated.first + timedelta(days=off), start=start, end=end, trouble=Trouble.WRONG_WEEKDAY)


def without_dates(text: str, mentions: list[Mention]) -> str:
    """The text with mentioned days blanked out, so that no number of theirs is read as a time."""
    for mention in mentions:
        text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text


def wished_days(text: str, mentions: list[Mention], today: date) -> DayWish | None:
    """What the mentions add up to; days in a clause that says no ("Tuesday doesn't work") are excluded."""
    mentions = [mention for mention in mentions if mention.trouble is None]
    wanted = [mention for mention in mentions if not _is_negated(text, mention)]
    refused = frozenset(day for mention in mentions if _is_negated(text, mention) for day in _days(mention))
    if any(not mention.soonest for mention in wanted):
        wanted = [mention for mention in wanted if not mention.soonest]
    if not wanted:
        return DayWish(today, today + timedelta(days=10), excluded=refused, soonest=True) if refused else None
    first = min(mention.first for mention in wanted)
    last = max(mention.last for mention in wanted)
    listed = len(wanted) > 1 and not _is_range(text, wanted)
    only = frozenset(day for mention in wanted for day in _days(mention)) if listed else None
    return DayWish(first, last, only, refused - {first} if first == last else refused, wanted[0].soonest)


def _days(mention: Mention) -> Iterator[date]:
    for offset in range((mention.last - mention.first).days + 1):
        yield mention.first + timedelta(days=offset)


def _is_range(text: str, wanted: list[Mention]) -> bool:
    before = text[: wanted[0].start].rstrip()
    between = text[wanted[0].end : wanted[-1].start].strip()
    return bool(re.search(r"\b(?:between|from)$", before)) or between in {"-", "–", "to", "through", "until", "till"}


def _is_negated(text: str, mention: Mention) -> bool:
    """Whether the clause around a mention says that it won't do."""
    ends = [match.end() for match in _CLAUSE_END.finditer(text, 0, mention.start)]
    start = ends[-1] if ends else 0
    following = _CLAUSE_END.search(text, mention.end)
    clause_end = following.start() if following else len(text)
    if _NEGATION.search(text[start : mention.start]):
        return not text[start : mention.start].rstrip().endswith(("why not", "if not"))
    return bool(
        re.search(r"n't (?:work|do|suit|good|possible)|is no good|not (?:work|good)", text[mention.end : clause_end])
    )
