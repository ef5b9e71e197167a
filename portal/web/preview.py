"""The picture that networks show beside a link to a tenant's site: they take no drawing, so this one is a PNG."""

import hashlib
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from PIL import Image, ImageDraw, ImageFont

from portal.domain.admin import logos
from portal.domain.tenants import Site
from portal.web.colors import DARK, LIGHT, Rgb, brand_colors, contrast, parse
from portal.web.contacts import UPLOADED, clean

PATH: Final = "/brand/preview.png"
WIDTH, HEIGHT = 1200, 630
_EDGE: Final = 80
_INSIDE: Final = WIDTH - 2 * _EDGE
_MARK: Final = 160
_STRIPE: Final = 16
_NAME_SIZES: Final = range(104, 47, -8)
_NAME_LINES: Final = 3
_LINE: Final = 1.15
_CAPITAL: Final = 0.75  # of the size
_NAME_BEGINS, _NAME_ENDS = 270, HEIGHT - _STRIPE - 136
# Latin, Greek and Cyrillic.
_FONT: Final = Path(__file__).parent / "fonts" / "Roboto-Bold.ttf"

Font = ImageFont.FreeTypeFont
Picture = Image.Image


@dataclass(frozen=True)
class Preview:
    """What the picture shows. ``logo_digest``: of an uploaded logo; one elsewhere on the web is never fetched."""

    name: str
    initial: str
    host: str
    primary: str
    accent: str
    logo_digest: str

    @property
    def address(self) -> str:
        """Its path, another one whenever the picture is another."""
        return f"{PATH}?v={hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:12]}"


def preview_of(site: Site, initial: str) -> Preview:
    uploaded = UPLOADED.fullmatch(site.branding.logo_url or "")
    return Preview(
        name=clean(site.profile.business_name),
        initial=initial,
        host=urlsplit(site.url).netloc,
        primary=site.branding.primary_color,
        accent=site.branding.accent_color,
        logo_digest=uploaded["digest"] if uploaded else "",
    )


def draw(preview: Preview) -> bytes:
    """Blocking, some 100 ms: the PNG."""
    colors = brand_colors(preview.primary, preview.accent, LIGHT)
    ground, text = parse(colors.brand), parse(colors.on_brand)
    logo = logos.find(preview.logo_digest) if preview.logo_digest else None
    picture = Image.new("RGB", (WIDTH, HEIGHT), ground)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, HEIGHT - _STRIPE, WIDTH, HEIGHT), parse(colors.accent))
    if mark := _logo(logo.content) if logo else _letter(preview.initial, ground, text):
        picture.paste(mark, (_EDGE, _EDGE), _rounded(_MARK))
    _write(pen, preview, text)
    encoded = io.BytesIO()
    picture.save(encoded, "PNG")
    return encoded.getvalue()


def _write(pen: ImageDraw.ImageDraw, preview: Preview, color: Rgb) -> None:
    """The name, as large as it fits, above the address."""
    address = f"Book online at {preview.host}"
    small = next((font for size in range(38, 15, -2) if (font := _font(size)).getlength(address) <= _INSIDE), _font(16))
    pen.text((_EDGE, HEIGHT - _STRIPE - 56), address, color, small, anchor="ls")
    font, lines = _fitted(_drawable(preview.name))
    for index, line in enumerate(reversed(lines)):
        pen.text((_EDGE, _NAME_ENDS - index * font.size * _LINE), line, color, font, anchor="ls")


def _fitted(name: str) -> tuple[Font, list[str]]:
    """The largest size in which the name stands below the mark; at the smallest what is too much is left off."""
    for size in _NAME_SIZES:
        font = _font(size)
        lines = list(_lines(name, font))
        top = _NAME_ENDS - (len(lines) - 1 + _CAPITAL / _LINE) * size * _LINE
        if top >= _NAME_BEGINS and all(font.getlength(line) <= _INSIDE for line in lines):
            return font, lines
    lines = [piece for line in lines for piece in _pieces(line, font)]
    if len(lines) > _NAME_LINES:
        lines = [*lines[: _NAME_LINES - 1], f"{lines[_NAME_LINES - 1][:-1].rstrip()}…"]
    return font, lines


def _lines(text: str, font: Font) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > _INSIDE:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def _pieces(line: str, font: Font) -> Iterator[str]:
    """A line that is one endless word, cut where the picture ends."""
    start = 0
    for end in range(1, len(line) + 1):
        if font.getlength(line[start:end]) > _INSIDE:
            yield line[start : end - 1]
            start = end - 1
    yield line[start:]


def _drawable(text: str) -> str:
    """The text without signs that the font lacks; nothing where it lacks a letter, since half a name is a wrong one."""
    text = unicodedata.normalize("NFC", text)
    known = "".join(each for each in text if each.isspace() or _has(each))
    return known if all(_has(each) for each in text if each.isalnum()) else ""


@lru_cache(maxsize=2048)
def _has(letter: str) -> bool:
    font, unknown = _font(48), "\uffff"
    return font.getmask(letter).getbbox() is not None and bytes(font.getmask(letter)) != bytes(font.getmask(unknown))


def _letter(initial: str, ground: Rgb, text: Rgb) -> Picture | None:
    """The mark of the site's header turned inside out, so that it stands out; None for a letter the font lacks."""
    if not (letter := _drawable(initial)):
        return None
    mark = Image.new("RGB", (_MARK, _MARK), text)
    ImageDraw.Draw(mark).text((_MARK / 2, _MARK / 2), letter, ground, _font(96), anchor="mm")
    return mark


def _logo(content: bytes) -> Picture:
    """The logo on a card that it can be seen on."""
    with Image.open(io.BytesIO(content)) as stored:
        logo = stored.convert("RGBA")
    logo.thumbnail((_MARK, _MARK), Image.Resampling.LANCZOS)
    red, green, blue, _ = logo.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    light, dark = parse(LIGHT.card), parse(DARK.card)
    card = light if contrast((red, green, blue), light) >= 1.5 else dark
    mark = Image.new("RGB", (_MARK, _MARK), card)
    mark.paste(logo, ((_MARK - logo.width) // 2, (_MARK - logo.height) // 2), logo)
    return mark


def _rounded(side: int) -> Picture:
    """A mask with smooth corners: drawn four times as large."""
    mask = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, side * 4, side * 4), side, 255)
    return mask.resize((side, side), Image.Resampling.LANCZOS)


@lru_cache(maxsize=64)
def _font(size: int) -> Font:
    return ImageFont.truetype(_FONT, size, layout_engine=ImageFont.Layout.BASIC)
