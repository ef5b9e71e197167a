"""A message as plain words: casing, punctuation, accents, friendly emoji and stretched letters ("Yesss!") say nothing."""

import re
import unicodedata
from collections.abc import Collection

#: Dropped, so "don’t", "don't" and "dont" are one word.
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼ′`´‛"))
#: What ends words and sentences. Any other sign stays, is part of no known phrase, and so keeps a message from counting.
_PUNCTUATION = re.compile(r"[\s,.!;:¡…\"“”„«»()*_~\-–—‐‑]+")
#: Emoji that only colour what is said. Skin tones, variation selectors and joiners go with them.
_FRIENDLY = re.compile("[😀😃😄😁😆😊☺🙂😌😍🥰🤩😎🤗🥳🎉🎊✨🌟⭐❤🧡💛💚💙💜🩷💕🙏🙌💪🌸🌞☀🍀😇😺\U0001f3fb-\U0001f3ff]")
_RUN = re.compile(r"(.)\1+")


def words_of(message: str) -> list[str]:
    """The words of ``message`` in lower case, without accents; a question mark stays a word of its own."""
    said = unicodedata.normalize("NFKC", message).casefold().translate(_APOSTROPHES)
    said = _FRIENDLY.sub(" ", said)
    # Marks are dropped one by one: accents, and what makes an emoji of a sign; formats are joiners and the like.
    kept = (c for c in unicodedata.normalize("NFKD", said) if unicodedata.category(c) not in {"Mn", "Cf"})
    return _PUNCTUATION.sub(" ", "".join(kept)).split()


class Stretches:
    """Finds the known word behind a stretched or double-typed one: "pleeease", "sooo", "noooo", "perrfect"."""

    def __init__(self, vocabulary: Collection[str]) -> None:
        self._vocabulary = frozenset(vocabulary)
        self._squeezed: dict[str, set[str]] = {}
        for word in vocabulary:
            self._squeezed.setdefault(_squeeze(word), set()).add(word)

    def undo(self, word: str) -> str:
        """The known word; ``word`` as it is when it is known itself, stands for none, or could be two words."""
        known = self._squeezed.get(_squeeze(word), ())
        return next(iter(known)) if word not in self._vocabulary and len(known) == 1 else word


def _squeeze(word: str) -> str:
    return _RUN.sub(r"\1", word)
