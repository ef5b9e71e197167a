"""The model's text on its way out: no markup, no keys, no internal ids, nothing of the instructions.

A filter works on a stream. What can't be judged yet (a tag begun, a key begun, a run of words like the instructions')
is held back until it can; ordinary text passes at once, so that the first word is never delayed.
"""

import re
from dataclasses import dataclass

LEAK_WORDS = 9
SUSPECT_WORDS = 4
REPLACEMENT = "I'm sorry, I can't share that. I'm happy to help with questions about our services or with a booking."
REDACTED = "…"

_TAG = re.compile(r"<[/!?a-zA-Z][^<>]*>")
#: From the first bracket on that a later one may still close: taking an inner tag out can put an outer one together.
_TAG_BEGUN = re.compile(r"<(?:[/!?a-zA-Z<][^>]*)?$")
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SECRET = re.compile(
    r"\b(?:sk-[\w-]{8,}|[srp]k_(?:live|test)_\w{6,}|whsec_\w{6,}|cal_(?:live_|test_)?[0-9a-f]{12,}|AC[0-9a-f]{32}"
    rf"|(?:toolu|srvtoolu|msgbatch|msg|req)_\w{{10,}}|eyJ[\w-]{{8,}}\.[\w-]+\.[\w-]*|{_UUID})"
)
_SECRET_BEGUN = re.compile(
    r"\b(?:sk-[\w-]*|[srp]k_(?:live|test)_?\w*|whsec_\w*|cal_\w*|(?:(?:srv)?toolu|msgbatch|msg|req)_\w*|eyJ[\w.-]*|[0-9a-f]{8}-[0-9a-f-]{0,27}"
    r"|AC[0-9a-f]{2,32})$"
)
_WORD = re.compile(r"[^\W_]+(?:['’_][^\W_]+)*")
MAX_HELD = 600
CONTEXT_LENGTH = 160
#: A word in lower case, and where it stands.
Word = tuple[str, int, int]


@dataclass(frozen=True)
class Secrets:
    """Texts that must not be repeated, as runs of words."""

    runs: frozenset[tuple[str, ...]]
    beginnings: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, *texts: str) -> "Secrets":
        runs: set[tuple[str, ...]] = set()
        beginnings: set[tuple[str, ...]] = set()
        for secret in texts:
            words = [word.casefold() for word in _WORD.findall(secret)]
            runs.update(_windows(words, LEAK_WORDS))
            beginnings.update(_windows(words, SUSPECT_WORDS))
        return cls(frozenset(runs), frozenset(beginnings))


def _windows(words: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]


class OutputFilter:
    """Feed it the model's deltas, show what it returns. After ``leaked`` it returns nothing more."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._held = ""
        self._context = ""
        self._text: list[str] = []
        self.leaked = False

    @property
    def text(self) -> str:
        """All that was shown."""
        return "".join(self._text)

    def feed(self, delta: str) -> str:
        """Returns what may be shown now, possibly nothing."""
        if self.leaked:
            return ""
        self._held += delta
        return self._judge(is_end=False)

    def finish(self) -> str:
        """Returns what was still held back at the end of the stream."""
        if self.leaked:
            return ""
        return self._judge(is_end=True)

    def _judge(self, *, is_end: bool) -> str:
        is_end = is_end or len(self._held) > MAX_HELD
        self._strip_tags(is_end=is_end)
        self._redact(is_end=is_end)
        words = [(word[0].casefold(), *word.span()) for word in _WORD.finditer(self._context + self._held)]
        if (leak := self._leak_start(words)) is not None:
            return self._cut(leak)
        return self._show(len(self._held) if is_end else self._safe_length(words))

    def _strip_tags(self, *, is_end: bool) -> None:
        """Repeated, because taking a tag out can put another one together."""
        while (stripped := _TAG.sub("", self._held)) != self._held:
            self._held = stripped
        if is_end:
            self._held = _TAG_BEGUN.sub(lambda begun: begun[0].replace("<", "‹"), self._held)

    def _redact(self, *, is_end: bool) -> None:
        """A secret may have begun in what was shown already: then its rest goes. One that may go on is held first."""
        offset = len(self._context)
        whole = self._context + self._held
        for match in reversed(list(_SECRET.finditer(whole))):
            if match.end() > offset and (is_end or match.end() < len(whole)):
                whole = whole[: max(match.start(), offset)] + REDACTED + whole[match.end() :]
        self._held = whole[offset:]

    def _leak_start(self, words: list[Word]) -> int | None:
        """Where in the held text a repetition of the instructions begins."""
        for last in range(LEAK_WORDS - 1, len(words)):
            is_new = words[last][2] > len(self._context)
            if is_new and _run(words, last, LEAK_WORDS) in self._secrets.runs:
                return self._in_held(self._run_start(words[: last + 1]))
        return None

    def _safe_length(self, words: list[Word]) -> int:
        """How much may be shown: not a tag, key or run of the instructions' words that has only begun."""
        begun = [match.start()] if (match := _TAG_BEGUN.search(self._held)) else []
        if match := _SECRET_BEGUN.search(self._context + self._held):
            begun.append(self._in_held(match.start()))
        # The last word may go on with the next delta: a run up to the word before it is still a run.
        begun += [self._in_held(start) for upto in (words, words[:-1]) if (start := self._run_start(upto)) is not None]
        return min(begun, default=len(self._held))

    def _run_start(self, words: list[Word]) -> int | None:
        """Where the run of words known from the instructions begins that ends with the last of ``words``."""
        start = None
        for last in range(len(words) - 1, SUSPECT_WORDS - 2, -1):
            if _run(words, last, SUSPECT_WORDS) not in self._secrets.beginnings:
                break
            start = words[last - SUSPECT_WORDS + 1][1]
        return start

    def _in_held(self, position: int | None) -> int:
        return max((position or 0) - len(self._context), 0)

    def _show(self, length: int) -> str:
        shown, self._held = self._held[:length], self._held[length:]
        self._context = (self._context + shown)[-CONTEXT_LENGTH:]
        self._text.append(shown)
        return shown

    def _cut(self, length: int) -> str:
        self.leaked = True
        shown = self._held[:length].rstrip()
        ending = ("\n\n" if shown or self.text else "") + REPLACEMENT
        self._held = ""
        self._text.append(shown + ending)
        return shown + ending


def _run(words: list[Word], last: int, size: int) -> tuple[str, ...]:
    return tuple(word for word, _, _ in words[last - size + 1 : last + 1])
