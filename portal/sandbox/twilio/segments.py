"""How many parts a text is sent in (3GPP TS 23.038): 7-bit letters where all of it has them, UTF-16 otherwise."""

from __future__ import annotations

from collections.abc import Iterable

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""Letters that take two places."""
ALONE_7BIT, PART_7BIT = 160, 153
ALONE_UTF16, PART_UTF16 = 70, 67


def count(text: str) -> int:
    """Segments of a message; an empty one is sent as one."""
    if BASIC.issuperset(text) or (BASIC | EXTENDED).issuperset(text):
        return _parts((2 if letter in EXTENDED else 1 for letter in text), ALONE_7BIT, PART_7BIT)
    return _parts((2 if ord(letter) > 0xFFFF else 1 for letter in text), ALONE_UTF16, PART_UTF16)


def _parts(places: Iterable[int], alone: int, part: int) -> int:
    """No letter is split between two parts."""
    widths = list(places)
    if sum(widths) <= alone:
        return 1
    parts, used = 1, 0
    for width in widths:
        if used + width > part:
            parts, used = parts + 1, 0
        used += width
    return parts
