"""How many messages a text is billed as: 160 letters of the GSM alphabet, or 70 units where one letter is outside it.

Longer texts are split into parts of 153 and 67; no letter is split between two parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each needs an escape before it.
EXTENDED: Final = frozenset("\f^{}\\[~]|€")
# Typographers' signs that push a whole text out of the GSM alphabet, and what says the same within it.
PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2007\u2008\u2009\u200a\u202f\u3000\t", " "),
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad", ""),
        "…": "...",
        "•": "-",
    }
)


@dataclass(frozen=True)
class Size:
    """``units`` are what a part is counted in: GSM letters (an extended one counts twice) or UTF-16 units."""

    encoding: str
    units: int
    segments: int


def measure(text: str) -> Size:
    if all(letter in BASIC or letter in EXTENDED for letter in text):
        widths = [2 if letter in EXTENDED else 1 for letter in text]
        return Size("GSM-7", sum(widths), _parts(widths, alone=160, split=153))
    widths = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    return Size("UCS-2", sum(widths), _parts(widths, alone=70, split=67))


def plain(text: str) -> str:
    """The text with plain quotes, dashes and spaces, which cost less and say the same."""
    return text.translate(PLAIN)


def _parts(widths: Iterable[int], *, alone: int, split: int) -> int:
    widths = list(widths)
    if sum(widths) <= alone:
        return 1
    parts, filled = 1, 0
    for width in widths:
        if filled + width > split:
            parts, filled = parts + 1, 0
        filled += width
    return parts
