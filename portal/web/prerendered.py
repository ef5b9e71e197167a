"""Prerendered pages as templates: tokens become a tenant's values, marked lists are repeated.

A page as built holds ``%%name%%`` where a value belongs, and inside an element with ``data-each="services"`` one row
with ``%%services.field%%``. What comes out is, byte for byte, what React renders in the browser from the same values,
so hydration finds nothing to change.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Row = Mapping[str, str]

_TOKEN = re.compile(r"%%([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)%%")
_EACH = re.compile(r"""<(?P<tag>[a-z][a-z0-9]*)\b[^>]*?\sdata-each="(?P<name>[a-z_]+)"[^>]*>""")
_OPAQUE = re.compile(r"<(script|style)\b[^>]*>.*?</\1>", re.S)
_INLINE_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.S)
_LANG = re.compile(r'(<html\b[^>]*?\blang=")[^"]*(")')


@dataclass(frozen=True)
class _Token:
    name: str


@dataclass(frozen=True)
class _Each:
    name: str
    row: tuple["_Part", ...]


_Part = str | _Token | _Each


@dataclass(frozen=True)
class Values:
    """What fills a page: single texts, lists of rows of texts, and markup for the end of the head."""

    scalars: Row
    lists: Mapping[str, tuple[Row, ...]]
    head: str
    lang: str = "en"

    def as_script(self) -> str:
        """The same values for the browser, as a script element."""
        data = json.dumps({**self.scalars, **self.lists}, separators=(",", ":"))
        return f"<script>window.__T={script_safe(data)}</script>"


class Prerendered:
    """One built page, parsed once."""

    def __init__(self, source: str) -> None:
        source = _LANG.sub(r"\1%%lang%%\2", source, count=1)
        before, closing, after = source.partition("</head>")
        self.has_title = "<title>" in before
        self._before = tuple(_parse(before))
        self._after = tuple(_parse(closing + after))

    def render(self, values: Values) -> str:
        """The page with the tenant's values. Unknown names become empty; every value is escaped."""
        scalars = {**values.scalars, "lang": values.lang}
        before = _fill(self._before, scalars, values.lists)
        return "".join((before, values.as_script(), values.head, _fill(self._after, scalars, values.lists)))


def script_safe(data: str) -> str:
    """JSON that cannot end the script element it stands in."""
    return data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def script_hashes(page: str) -> tuple[str, ...]:
    """CSP sources (``'sha256-…'``) of the page's executable inline scripts, in order, each once."""
    codes = (m["code"] for m in _INLINE_SCRIPT.finditer(page) if _is_executed(m["attributes"]))
    return tuple(dict.fromkeys(f"'sha256-{_digest(code)}'" for code in codes))


def _is_executed(attributes: str) -> bool:
    return " src=" not in attributes and "application/ld+json" not in attributes


def _digest(code: str) -> str:
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _parse(source: str) -> Iterator[_Part]:
    """Split at tokens and repeated elements; scripts and styles stay as they are."""
    position = 0
    for opaque in _OPAQUE.finditer(source):
        yield from _parse_markup(source[position : opaque.start()])
        yield opaque[0]
        position = opaque.end()
    yield from _parse_markup(source[position:])


def _parse_markup(source: str) -> Iterator[_Part]:
    position = 0
    while found := _EACH.search(source, position):
        end = _closing(source, found["tag"], found.end())
        yield from _parse_text(source[position : found.end()])
        yield _Each(found["name"], tuple(_parse_text(source[found.end() : end])))
        position = end
    yield from _parse_text(source[position:])


def _parse_text(source: str) -> Iterator[_Part]:
    for index, piece in enumerate(_TOKEN.split(source)):
        if index % 2:
            yield _Token(piece)
        elif piece:
            yield piece


def _closing(source: str, tag: str, start: int) -> int:
    """Where the element opened before ``start`` ends. Raises ValueError when it never does."""
    depth = 1
    for found in re.compile(rf"<(/?){tag}\b").finditer(source, start):
        depth += -1 if found[1] else 1
        if depth == 0:
            return found.start()
    raise ValueError(f"a repeated <{tag}> is not closed")


def _fill(parts: tuple[_Part, ...], scalars: Row, lists: Mapping[str, tuple[Row, ...]]) -> str:
    return "".join(_fill_part(part, scalars, lists) for part in parts)


def _fill_part(part: _Part, scalars: Row, lists: Mapping[str, tuple[Row, ...]]) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, _Token):
        return html.escape(scalars.get(part.name, ""))
    rows = lists.get(part.name, ())
    return "".join(_fill(part.row, _prefixed(part.name, row, scalars), {}) for row in rows)


def _prefixed(name: str, row: Row, scalars: Row) -> dict[str, str]:
    return {**scalars, **{f"{name}.{field}": value for field, value in row.items()}}
