"""Colours that stay readable whatever a tenant picks (WCAG 2.2: 4.5:1 for text, 3:1 for edges of controls)."""

import re
from dataclasses import dataclass

Rgb = tuple[int, int, int]

TEXT_CONTRAST = 4.5
EDGE_CONTRAST = 3.0
#: Aimed a little higher than required, so that rounding to whole colour steps cannot fall below it.
_MARGIN = 0.05
_STEPS = 64
BLACK: Rgb = (0, 0, 0)
WHITE: Rgb = (255, 255, 255)
_HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


@dataclass(frozen=True)
class Surfaces:
    """The neutral colours of one scheme: backgrounds first, then what is written and drawn on them."""

    page: str
    card: str
    sunken: str
    ink: str
    muted: str
    line: str
    field: str
    danger: str
    danger_soft: str
    good: str
    good_soft: str

    @property
    def backgrounds(self) -> tuple[Rgb, ...]:
        return tuple(parse(color) for color in (self.page, self.card, self.sunken))

    @property
    def is_dark(self) -> bool:
        return luminance(parse(self.page)) < 0.2


LIGHT = Surfaces(
    page="#fbfaf8",
    card="#ffffff",
    sunken="#f3f1ed",
    ink="#1c1b19",
    muted="#5c5952",
    line="#e4e0d8",
    field="#88847a",
    danger="#b3261e",
    danger_soft="#fdeeed",
    good="#1b6e3c",
    good_soft="#e6f5eb",
)
DARK = Surfaces(
    page="#141413",
    card="#1d1d1b",
    sunken="#262523",
    ink="#f2f0ec",
    muted="#b5b1a8",
    line="#373631",
    field="#858178",
    danger="#ff9d94",
    danger_soft="#3a1d1b",
    good="#7fd6a0",
    good_soft="#16301f",
)


@dataclass(frozen=True)
class BrandColors:
    """A tenant's colours fitted to one scheme, as ``#rrggbb``."""

    brand: str
    """Fill of buttons."""
    brand_hover: str
    on_brand: str
    """Text on the fill, hovered or not."""
    brand_edge: str
    """Outline of the fill, seen on every background."""
    brand_text: str
    """Links and headings, read on every background and on ``brand_soft``."""
    brand_soft: str
    """A tint behind ordinary text."""
    accent: str
    """Decoration only."""


def brand_colors(primary: str, accent: str, surfaces: Surfaces) -> BrandColors:
    """Fit the tenant's colours (anything; unreadable text counts as a neutral grey) to a scheme's surfaces."""
    fill = parse(primary)
    if surfaces.is_dark:
        fill = _until(fill, WHITE, EDGE_CONTRAST, (parse(surfaces.page), parse(surfaces.card)))
    text_on_fill = WHITE if contrast(fill, WHITE) >= contrast(fill, BLACK) else BLACK
    away = BLACK if text_on_fill == WHITE else WHITE
    soft = mix(parse(surfaces.card), fill, 0.16 if surfaces.is_dark else 0.09)
    towards = WHITE if surfaces.is_dark else BLACK
    return BrandColors(
        brand=as_hex(fill),
        brand_hover=as_hex(mix(fill, away, 0.12)),
        on_brand=as_hex(text_on_fill),
        brand_edge=as_hex(_until(fill, towards, EDGE_CONTRAST, surfaces.backgrounds)),
        brand_text=as_hex(_until(fill, towards, TEXT_CONTRAST, (*surfaces.backgrounds, soft))),
        brand_soft=as_hex(soft),
        accent=as_hex(parse(accent)),
    )


def parse(color: str) -> Rgb:
    """``#rgb`` or ``#rrggbb`` as three bytes; a neutral dark grey for anything else."""
    found = _HEX.fullmatch((color or "").strip())
    if not found:
        return (31, 41, 55)
    digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def as_hex(rgb: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def luminance(rgb: Rgb) -> float:
    """Relative luminance of sRGB, 0 to 1."""
    red, green, blue = (_linear(channel / 255) for channel in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(base: Rgb, other: Rgb, share: float) -> Rgb:
    """``base`` with ``share`` (0 to 1) of ``other`` in it."""
    red, green, blue = (round(b + (o - b) * share) for b, o in zip(base, other, strict=True))
    return red, green, blue


def _until(color: Rgb, towards: Rgb, ratio: float, against: tuple[Rgb, ...]) -> Rgb:
    """The colour nearest to ``color`` on its way to black or white that reaches ``ratio`` against every background."""
    for step in range(_STEPS):
        candidate = mix(color, towards, step / _STEPS)
        if all(contrast(candidate, background) >= ratio + _MARGIN for background in against):
            return candidate
    return towards


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
