"""A stream of text cut into whole sentences, so that each can be judged before anybody reads it."""

import re

#: Longer ones are judged in pieces: nobody waits for a text without a full stop.
MAX_HELD = 500
_END = re.compile(r"[.!?…]+[)\"'*_»”]*(?:\s+(?=\S)|$)|[。！？]|\n\s*(?=\S)")
#: A full stop after one of these, a single letter or a digit may stand inside a sentence.
_SHORT = re.compile(r"(?:\b(?:dr|mr|mrs|ms|st|no|nr|approx|ca|e\.g|i\.e|[ap]\.m|\w)|\d)$", re.IGNORECASE)


class Sentences:
    """Feed it pieces of text; it gives back sentences whole, with the blanks that follow them."""

    def __init__(self) -> None:
        self._held = ""

    @property
    def held(self) -> str:
        """The sentence that has begun."""
        return self._held

    def feed(self, text: str) -> list[str]:
        """The sentences that are complete now."""
        self._held += text
        complete, start = [], 0
        for end in _END.finditer(self._held):
            if self._is_inside(end):
                continue
            complete.append(self._held[start : end.end()])
            start = end.end()
        self._held = self._held[start:]
        if len(self._held) > MAX_HELD:
            cut = self._held.rfind(" ", 0, MAX_HELD) + 1 or MAX_HELD
            complete.append(self._held[:cut])
            self._held = self._held[cut:]
        return complete

    def finish(self) -> list[str]:
        """What is left, at the end of the text."""
        rest, self._held = self._held, ""
        return [rest] if rest else []

    def _is_inside(self, end: re.Match[str]) -> bool:
        """Whether this full stop or new line ends no sentence: small letters follow, or it may be a short form."""
        follows = self._held[end.end() : end.end() + 1]
        is_stop = end[0].strip() == "."
        return follows.islower() or (
            is_stop and bool(_SHORT.search(self._held[: end.start()])) and not follows.isupper()
        )
