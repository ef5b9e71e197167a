"""Times of day in the customer's words: "after 4", "before noon", "around 3pm", "in the morning"."""

import re
from dataclasses import dataclass, replace

HALF_DAY = 12 * 60
_LAST_MINUTE = 24 * 60 - 1
#: How far a slot may be from a time that was named roughly.
AROUND = 60

_CLOCK = r"(?P<{0}h>\d{{1,2}})(?:[:.](?P<{0}m>[0-5]\d))?\s*(?P<{0}ap>am|pm|a\.m\.?|p\.m\.?|a|p|o'?clock)?(?![\w%$€£:])"
_WORD_CLOCK = r"(?P<{0}w>noon|midday|midnight)"
_TIME = rf"(?:{_CLOCK}|{_WORD_CLOCK})"
#: A number before these is no time of day.
_NOT_TIME = (
    r"(?!\s*(?:min|mins|minutes?|hours?|hrs?|people|persons?|kids?|of us|days?|weeks?|months?|years?|dollars|"
    r"bucks)\b)"
)
_START = r"(?<![\w:.$€£@+/(<#-])"
_AFTER = r"after|past|later than|not before|no earlier than|anytime after|starting from|from|since"
_BEFORE = r"before|by|until|till|no later than|not after|earlier than"
_INCLUSIVE = frozenset({"by", "until", "till", "no later than", "or earlier"})
_ROUGHLY = r"around|about|approximately|approx|roughly|near|circa|close to|ish"


def _time(prefix: str) -> str:
    return _TIME.replace("{0}", prefix).replace("{{", "{").replace("}}", "}") + _NOT_TIME


_RANGE = re.compile(rf"(?:(?:between|from)\s+)?{_START}{_time('a')}\s*(?:-|–|to|and|until|till)\s*{_time('b')}")
_FROM = re.compile(rf"\b(?P<how>{_AFTER})\s+{_time('a')}")
_ONWARDS = re.compile(rf"{_START}{_time('a')}\s*(?:or later|onwards?|and later|or after|and after|\+)")
_UNTIL = re.compile(rf"\b(?P<how>{_BEFORE})\s+{_time('a')}")
_OR_EARLIER = re.compile(rf"{_START}{_time('a')}\s*(?:or earlier|or before)")
_ABOUT = re.compile(rf"\b(?:{_ROUGHLY})\s+{_time('a')}")
_ISH = re.compile(rf"{_START}(?P<ah>\d{{1,2}})(?::(?P<am>[0-5]\d))?\s*(?P<aap>am|pm)?\s*-?ish\b(?P<aw>(?!))?")
_AT = re.compile(rf"(?:\bat|@)\s*{_time('a')}")
_BARE = re.compile(rf"{_START}{_time('a')}")

_PARTS = (
    (r"early morning|first thing", 0, 10 * 60, "early in the morning"),
    (r"late morning", 10 * 60, HALF_DAY - 1, "late in the morning"),
    (r"mornings?", 0, HALF_DAY - 1, "in the morning"),
    (r"lunch ?time|over lunch|lunch(?: break| hour)?", 11 * 60 + 30, 14 * 60, "around lunchtime"),
    (r"early afternoon", HALF_DAY, 15 * 60, "early in the afternoon"),
    (r"late afternoon|end of (?:the )?day", 15 * 60, 18 * 60, "late in the afternoon"),
    (r"afternoons?|arvo", HALF_DAY, 17 * 60 - 1, "in the afternoon"),
    (r"after (?:work|school)|evenings?|tonight|at night", 17 * 60, _LAST_MINUTE, "in the evening"),
)
_NUMBERS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        range(1, 13),
        strict=True,
    )
)
_HOUR = rf"(?P<hour>\d{{1,2}}|{'|'.join(_NUMBERS)})"
_SPOKEN_MINUTES = {"half": 30, "quarter": 15, "a quarter": 15, "five": 5, "ten": 10, "twenty": 20, "twenty five": 25}
_PAST_TO = re.compile(
    rf"\b(?P<minutes>half|a quarter|quarter|twenty five|twenty|five|ten)(?: minutes)? (?P<side>past|after|to|before|"
    rf"till)"
    rf" {_HOUR}\b(?! (?:people|of us))"
)
_HALF = re.compile(rf"\bhalf {_HOUR}\b(?! (?:an?|hours?|price))")
_WORD_HOUR = re.compile(
    rf"\b(?:(?P<before>at|around|about|by|after|before|until|till|past|from) )?(?P<hour>{'|'.join(_NUMBERS)})"
    r"(?P<minutes> (?:thirty|fifteen|forty ?five|twenty))?(?P<after> ?(?:o'?clock|am|pm|a\.m|p\.m|ish|"
    r"in the)\b)?(?![\w'])"
    r"(?! (?!on|in|for|or|and|to|please|tomorrow|today|tonight|works|then|if|would|instead|with|is|this|next|monday|"
    r"tuesday|"
    r"wednesday|thursday|friday|saturday|sunday|at|sharp)[a-z])"
)
_WORD_MINUTES = {"thirty": 30, "fifteen": 15, "fortyfive": 45, "twenty": 20}
_EITHER = re.compile(
    rf"{_START}{_CLOCK.replace('{0}', 'a').replace('{{', '{').replace('}}', '}')}\s+or\s+(?:at\s+)?"
    rf"{_CLOCK.replace('{0}', 'b').replace('{{', '{').replace('}}', '}')}"
)
_NEGATED_PART = re.compile(
    r"(?:\b(?:not|no|except|avoid)|n't)\s+(?:\w+\s+){0,3}?(?:mornings?|afternoons?|evenings?|nights?)\b"
)
_PART_PATTERNS = tuple((re.compile(rf"\b(?:{pattern})\b"), low, high, words) for pattern, low, high, words in _PARTS)


@dataclass(frozen=True)
class Window:
    """Wanted times of day in minutes after midnight: bounds are inclusive; `target` is one time, `exact` or roughly.

    `either_half` says that morning or afternoon was left open ("at 8"). `words` repeats the wish for an answer.
    `also` are other times that would do as well ("9 or 9:15").
    """

    earliest: int | None = None
    latest: int | None = None
    target: int | None = None
    exact: bool = False
    either_half: bool = False
    words: str = ""
    also: tuple[int, ...] = ()

    def admits(self, minute: int) -> bool:
        """Whether a slot that starts at this minute fits."""
        if self.target is not None:
            return self._distance(minute) <= (0 if self.exact else AROUND)
        return (self.earliest or 0) <= minute <= (_LAST_MINUTE if self.latest is None else self.latest)

    def distance(self, minute: int) -> int:
        """How many minutes a slot is from fitting."""
        if self.target is not None:
            return self._distance(minute)
        if self.earliest is not None and minute < self.earliest:
            return self.earliest - minute
        if self.latest is not None and minute > self.latest:
            return minute - self.latest
        return 0

    def _distance(self, minute: int) -> int:
        targets = [self.target or 0, *self.also]
        if self.either_half:
            targets.append((targets[0] + HALF_DAY) % (2 * HALF_DAY))
        return min(abs(minute - target) for target in targets)


@dataclass(frozen=True)
class _Clock:
    minute: int
    sure: bool


def clock_words(minute: int) -> str:
    """16:30 as "4:30 PM"."""
    hour, rest = divmod(minute, 60)
    return f"{(hour - 1) % 12 + 1}:{rest:02d} {'AM' if hour < 12 else 'PM'}"


def at_time(minute: int) -> Window:
    """Exactly this minute."""
    return Window(target=minute, exact=True, words=f"at {clock_words(minute)}")


def find_window(text: str, *, bare: bool = False) -> Window | None:
    """The times wished for in folded text whose dates are blanked out.

    With `bare` a number alone counts as a time ("4 works"), as an answer to a question about times may.
    """
    text = in_digits(text)
    part = _part_of_day(text)
    stated = _stated(text, bare, part)
    if stated is None:
        return part
    if stated.target is not None and part is not None and stated.either_half:
        return replace(stated, target=_in_part(stated.target, part), either_half=False)
    return stated


def in_digits(text: str) -> str:
    """Times in words as digits: "half past two" is "2:30", "at quarter to five" is "at 4:45", "three o'clock" "3 "
    "o'clock"."""
    text = _PAST_TO.sub(_past_or_to, text)
    text = _HALF.sub(lambda match: f"{_hour(match['hour'])}:30", text)
    return _WORD_HOUR.sub(_hour_in_words, text)


def _hour(word: str) -> int:
    return _NUMBERS.get(word) or int(word)


def _past_or_to(match: re.Match[str]) -> str:
    hour, minutes = _hour(match["hour"]), _SPOKEN_MINUTES[match["minutes"]]
    if match["side"] in ("past", "after"):
        return f"{hour}:{minutes:02d}"
    return f"{(hour - 2) % 12 + 1}:{60 - minutes:02d}"


def _hour_in_words(match: re.Match[str]) -> str:
    before, minutes, after = match["before"], match["minutes"], match["after"]
    if not (before or minutes or after):
        return match.group()
    clock = f"{_hour(match['hour'])}" + (f":{_WORD_MINUTES[minutes.replace(' ', '')]:02d}" if minutes else "")
    return f"{before + ' ' if before else ''}{clock}{after or ''}"


def _stated(text: str, bare: bool, part: Window | None) -> Window | None:
    if match := _RANGE.search(text):
        window = _range(match)
        if window is not None and (bare or _says_range(match)):
            return window
    bounds = _bounds(text, part)
    if bounds is not None:
        return bounds
    if (match := _EITHER.search(text)) and (either := _either(match)) is not None:
        return either
    for pattern, exact in ((_ABOUT, False), (_ISH, False), (_AT, True), (_BARE, True)):
        for match in pattern.finditer(text):
            clock = _read(match, "a")
            if clock is None or (pattern is _BARE and not bare and not _is_clear(match)):
                continue
            words = clock_words(clock.minute)
            return Window(
                target=clock.minute,
                exact=exact,
                either_half=not clock.sure,
                words=f"at {words}" if exact else f"around {words}",
            )
    return None


def _either(match: re.Match[str]) -> Window | None:
    """Two times, either of which would do."""
    one, other = (_read(match, "a", words=False), _read(match, "b", words=False))
    if one is None or other is None or not any(match[name] for name in ("am", "bm", "aap", "bap")):
        return None
    words = f"at {clock_words(one.minute)} or {clock_words(other.minute)}"
    return Window(target=one.minute, exact=True, words=words, also=(other.minute,))


def _bounds(text: str, part: Window | None) -> Window | None:
    low = _first(text, part, _FROM, _ONWARDS)
    high = _first(text, part, _UNTIL, _OR_EARLIER)
    latest = None if high is None else high[0] if high[1] in _INCLUSIVE else max(0, high[0] - 1)
    if low is not None and high is not None and latest is not None and low[0] <= latest:
        return Window(low[0], latest, words=f"between {clock_words(low[0])} and {clock_words(high[0])}")
    if low is not None:
        return Window(earliest=low[0], words=f"after {clock_words(low[0])}")
    return None if high is None else Window(latest=latest, words=f"before {clock_words(high[0])}")


def _first(text: str, part: Window | None, *patterns: re.Pattern[str]) -> tuple[int, str] | None:
    for pattern in patterns:
        if (match := pattern.search(text)) and (clock := _read(match, "a")):
            minute = _in_part(clock.minute, part) if part is not None and not clock.sure else clock.minute
            return minute, match.groupdict().get("how") or "or earlier"
    return None


def _range(match: re.Match[str]) -> Window | None:
    low, high = _read(match, "a"), _read(match, "b")
    if low is None or high is None:
        return None
    start, end = low.minute, high.minute
    if not low.sure and high.sure and start >= HALF_DAY and start > end:
        start -= HALF_DAY
    if not low.sure and high.sure and start < HALF_DAY <= end and start + HALF_DAY < end and start < 8 * 60:
        start += HALF_DAY
    if end <= start and not high.sure:
        end += HALF_DAY
    if not start < end <= _LAST_MINUTE:
        return None
    return Window(start, end, words=f"between {clock_words(start)} and {clock_words(end)}")


def _says_range(match: re.Match[str]) -> bool:
    said = match.group()
    return said.startswith(("between", "from")) or any(match[name] for name in ("aap", "bap", "am", "bm", "aw", "bw"))


def _is_clear(match: re.Match[str]) -> bool:
    """Whether a number standing alone is a time beyond doubt: it has minutes, am or pm, or is a word."""
    marker = match["aap"]
    return bool(match["aw"] or match["am"] or (marker and marker not in {"a", "p"}))


def _read(match: re.Match[str], prefix: str, *, words: bool = True) -> _Clock | None:
    word = match[f"{prefix}w"] if words else None
    if word:
        return _Clock(0 if word == "midnight" else HALF_DAY, True)
    hour, minute = int(match[f"{prefix}h"]), int(match[f"{prefix}m"] or 0)
    marker = (match[f"{prefix}ap"] or "").replace(".", "")
    if marker in {"am", "pm", "a", "p"}:
        if not 1 <= hour <= 12:
            return None
        return _Clock((hour % 12 + (12 if marker[0] == "p" else 0)) * 60 + minute, True)
    if hour > 23:
        return None
    if hour == 0 or hour >= 12:
        return _Clock(hour * 60 + minute, True)
    written_24h = len(match[f"{prefix}h"]) == 2 and hour < 10
    # Nobody books at 4 in the morning: 1 to 7 mean the afternoon, 8 to 11 the morning.
    return _Clock((hour if hour >= 8 or written_24h else hour + 12) * 60 + minute, written_24h)


def _part_of_day(text: str) -> Window | None:
    found = [(low, high, words) for pattern, low, high, words in _PART_PATTERNS if pattern.search(text)]
    if not found:
        return None
    low, high, words = found[0]
    if _NEGATED_PART.search(text):
        return (
            Window(high + 1, _LAST_MINUTE, words=f"not {words}")
            if low < HALF_DAY
            else Window(0, low - 1, words=f"not {words}")
        )
    return Window(low, high, words=words)


def _in_part(minute: int, part: Window) -> int:
    """The half of the day that the part of it tells: 8 in the evening is 20:00, 6 in the morning 06:00."""
    other = (minute + HALF_DAY) % (2 * HALF_DAY)
    return other if part.distance(other) < part.distance(minute) else minute
