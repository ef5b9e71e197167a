"""A small, safe part of Markdown as typed pieces that the page renders as elements: no HTML ever comes out of text.

Understood: paragraphs, line breaks, bullet and numbered lists, strong, emphasis, links to http(s) addresses. Anything
else, HTML above all, stays the text it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

BARE_LINK = re.compile(r"https?://[^\s<>()\[\]\"']+[^\s<>()\[\]\"'.,;:!?]")


@dataclass(frozen=True)
class Piece:
    """Text of one look. ``kind``: text, strong, emphasis, link or break."""

    kind: str
    text: str = ""
    href: str = ""


@dataclass(frozen=True)
class Line:
    """One paragraph's or list item's pieces. ``marker`` is the item's bullet or number."""

    pieces: list[Piece] = field(default_factory=list)
    marker: str = ""


@dataclass(frozen=True)
class Block:
    """A paragraph (one line) or a list (a line per item). ``kind``: paragraph, bullets or numbers."""

    kind: str
    lines: list[Line] = field(default_factory=list)


_parser = MarkdownIt("zero").enable(["list", "heading", "emphasis", "link", "autolink", "escape", "newline", "entity"])


def blocks(text: str) -> list[Block]:
    """``text`` as blocks. Unfinished marks, as in an answer still being written, stay visible characters."""
    found: list[Block] = []
    tokens = iter(_parser.parse(text))
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            found.append(_list(token, tokens))
        elif token.type == "inline":
            found.append(Block("paragraph", [Line(list(_pieces(token)))]))
    return found


def plain(text: str) -> list[Block]:
    """``text`` exactly as written, for what customers type: its line breaks kept, nothing interpreted."""
    pieces: list[Piece] = []
    for number, row in enumerate(text.strip().splitlines()):
        pieces += [Piece("break")] * (number > 0) + [Piece("text", row)]
    return [Block("paragraph", [Line(pieces)])]


def _list(opening: Token, tokens: Iterator[Token]) -> Block:
    """The list's items, those of nested lists in their place among them."""
    depth, number = 1, int(opening.attrGet("start") or 1)
    ordered = opening.type == "ordered_list_open"
    lines: list[Line] = []
    for token in tokens:
        depth += token.type.endswith("_list_open") - token.type.endswith("_list_close")
        if depth == 0:
            break
        if token.type == "inline":
            is_numbered = ordered and depth == 1
            lines.append(Line(list(_pieces(token)), f"{number}." if is_numbered else "•"))
            number += is_numbered
    return Block("numbers" if ordered else "bullets", lines)


def _pieces(inline: Token) -> Iterator[Piece]:
    strong = emphasis = 0
    href = ""
    for token in inline.children or []:
        strong += (token.type == "strong_open") - (token.type == "strong_close")
        emphasis += (token.type == "em_open") - (token.type == "em_close")
        if token.type == "link_open":
            href = web_address(str(token.attrGet("href") or ""))
        elif token.type == "link_close":
            href = ""
        elif token.type in ("softbreak", "hardbreak"):
            yield Piece("break")
        elif token.content:
            yield from _text(token.content, href, kind="strong" if strong else "emphasis" if emphasis else "text")


def _text(content: str, href: str, *, kind: str) -> Iterator[Piece]:
    if href:
        yield Piece("link", content, href)
        return
    position = 0
    for match in BARE_LINK.finditer(content):
        if before := content[position : match.start()]:
            yield Piece(kind, before)
        address = web_address(match.group())
        yield Piece("link", match.group(), address) if address else Piece(kind, match.group())
        position = match.end()
    if rest := content[position:]:
        yield Piece(kind, rest)


def web_address(href: str) -> str:
    """``href`` where it is a plain http(s) address, else empty: no scripts, no data, no hidden user names."""
    try:
        parts = urlsplit(href)
        allowed = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    except ValueError:
        return ""
    return href if allowed else ""
