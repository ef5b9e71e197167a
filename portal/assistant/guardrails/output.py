"""The model's text on its way out: no markup, no keys, no internal ids, no foreign links, nothing of the instructions.

A filter works on a stream. What can't be judged yet (a tag, key or address begun, a run of letters like the
instructions') is held back until it can; ordinary text passes at once, so that the first word is never delayed.
"""

import re

from portal.assistant.guardrails import links
from portal.assistant.guardrails.leaks import LEAK_LETTERS, Secrets, letters_of
from portal.assistant.guardrails.links import Links

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
_SENTENCE_END = re.compile(r"[.!?…:)\]\"'”’]\s*$")
MAX_HELD = 600
#: Of what was shown, what a name spelt out letter by letter may have begun in.
CONTEXT_LENGTH = 160
MAX_WORD = 40


class OutputFilter:
    """Feed it the model's deltas, show what it returns. After ``leaked`` it returns nothing more.

    After ``whole_words_after`` characters a word is shown when it is whole, so that an answer cut at its limit of
    tokens need not end within one.
    """

    def __init__(self, secrets: Secrets, allowed: Links | None = None, *, whole_words_after: int | None = None) -> None:
        self._secrets, self._links = secrets, allowed or Links()
        self._whole_words_after = whole_words_after
        self._held = ""
        self._context = ""
        self._letters = ""
        self._length = 0
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

    def finish(self, *, is_cut: bool = False) -> str:
        """Returns what was still held back at the end of the stream; ``is_cut``: the end came too early."""
        if self.leaked:
            return ""
        if is_cut and not _SENTENCE_END.search(self._context + self._held):
            self._held = re.sub(r"\S+$", "", self._held) + REDACTED
        return self._judge(is_end=True)

    def _judge(self, *, is_end: bool) -> str:
        is_end = is_end or len(self._held) > MAX_HELD
        if "<" in self._held:
            self._strip_tags(is_end=is_end)
        word = self._context[self._context.rfind(" ") + 1 :]
        self._redact(word, is_end=is_end)
        letters, positions = letters_of(self._held)
        known = self._letters + letters
        if (start := self._secrets.repeated(known, len(self._letters))) is not None:
            return self._cut(_position(start - len(self._letters), positions))
        length = len(self._held) if is_end else self._safe_length(word, known, positions)
        self._letters = (self._letters + "".join(
            letter for letter, position in zip(letters, positions, strict=True) if position < length
        ))[-LEAK_LETTERS:]  # fmt: skip
        return self._show(length)

    def _strip_tags(self, *, is_end: bool) -> None:
        """Repeated, because taking a tag out can put another one together."""
        while (stripped := _TAG.sub("", self._held)) != self._held:
            self._held = stripped
        if is_end:
            self._held = _TAG_BEGUN.sub(lambda begun: begun[0].replace("<", "‹"), self._held)

    def _redact(self, word: str, *, is_end: bool) -> None:
        """Something may have begun in what was shown already: then its rest goes. What may go on is held first."""
        self._replace(_SECRET, word, is_end=is_end)
        if links.MARKS.search(word + self._held):
            self._replace(links.LINK, word, is_end=is_end)
        if "_" in self._context + self._held:
            self._replace(self._secrets.names, self._context, is_end=is_end)

    def _replace(self, pattern: re.Pattern[str], before: str, *, is_end: bool) -> None:
        """Replace what ``pattern`` finds in the text that follows ``before``, which is shown already."""
        whole = before + self._held
        for match in reversed(list(pattern.finditer(whole))):
            is_link = pattern is links.LINK
            is_whole = is_end or match.end() < len(whole) or (is_link and match["label"] is not None)
            if match.end() > len(before) and is_whole:
                shown = self._links.harmless(match) if is_link else REDACTED
                if shown != match[0]:
                    whole = whole[: max(match.start(), len(before))] + shown + whole[match.end() :]
        self._held = whole[len(before) :]

    def _safe_length(self, word: str, known: str, positions: list[int]) -> int:
        """How much may be shown: not a tag, key, address or run of the instructions' letters that has only begun."""
        whole = word + self._held
        patterns = [_SECRET_BEGUN, *([links.BEGUN] if links.MARKS.search(whole) else [])]
        begun = [max(match.start() - len(word), 0) for pattern in patterns if (match := pattern.search(whole))]
        if "<" in self._held and (match := _TAG_BEGUN.search(self._held)):
            begun.append(match.start())
        if "_" in self._context + self._held and (
            match := self._secrets.names_begun.search(self._context + self._held)
        ):
            begun.append(max(match.start() - len(self._context), 0))
        if (start := self._secrets.begun(known)) is not None:
            begun.append(_position(start - len(self._letters), positions))
        if self._whole_words_after is not None and self._length + len(self._held) > self._whole_words_after:
            begun.append(_last_word(self._held))
        return min(begun, default=len(self._held))

    def _show(self, length: int) -> str:
        shown, self._held = self._held[:length], self._held[length:]
        self._context = (self._context + shown)[-CONTEXT_LENGTH:]
        self._length += length
        self._text.append(shown)
        return shown

    def _cut(self, length: int) -> str:
        self.leaked = True
        shown = self._held[:length].rstrip()
        ending = ("\n\n" if shown or self.text else "") + REPLACEMENT
        self._held = ""
        self._text.append(shown + ending)
        return shown + ending


def _position(letter: int, positions: list[int]) -> int:
    """Where a letter stands in the held text; its beginning for one that was shown."""
    return positions[letter] if letter >= 0 else 0


def _last_word(text: str) -> int:
    """Where the last word begins; the end for a text that ends between words, or with a word too long to wait for."""
    match = re.search(r"\S+$", text)
    return len(text) if match is None or len(match[0]) > MAX_WORD else match.start()
