"""Which characters of what people write are kept: those that a reader sees, in one spelling."""

import re
import unicodedata

#: Zero-width non-joiner and joiner: part of the spelling in Persian and Indic scripts, and of emoji.
JOINERS = "\u200c\u200d"
_STRAY_JOINER = re.compile(f"[{JOINERS}]")
_UNSEEN = ("Cc", "Cf", "Cs")


def visible(text: str) -> str:
    """``text`` composed (NFC), without what no reader sees: controls, marks of direction, fillers.

    Line breaks and tabs stay. A joiner stays where it joins two letters or emoji. Two spellings of one name that look
    alike come out the same.
    """
    kept = "".join(each for each in text if each in "\n\t" + JOINERS or unicodedata.category(each) not in _UNSEEN)
    return unicodedata.normalize("NFC", _STRAY_JOINER.sub(lambda found: _joiner(kept, found.start()), kept))


def _joiner(text: str, place: int) -> str:
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    return text[place] if _can_be_joined(before) and _can_be_joined(after) else ""


def _can_be_joined(character: str) -> bool:
    return bool(character) and (unicodedata.category(character)[0] in "LM" or _is_emoji(character))


def _is_emoji(character: str) -> bool:
    # Modifiers of skin tone are category Sk, the rest of what emoji are joined from is So.
    return unicodedata.category(character) == "So" or "\U0001f3fb" <= character <= "\U0001f3ff"
