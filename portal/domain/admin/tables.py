"""CSV files as spreadsheets write them → lines of named cells; and back.

Spreadsheets differ in encoding, separator and names of columns. What can be told is read; what was assumed is said.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from portal.domain.admin import fields

MAX_BYTES: Final = 512 * 1024
MAX_LINES: Final = 1000
SEPARATORS: Final[Mapping[str, str]] = {",": "commas", ";": "semicolons", "\t": "tabs"}
# A spreadsheet takes such a cell for a formula: it is written with an apostrophe, which is taken away when read.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NAMES_SEPARATOR: Final = re.compile(r"sep=(.)")

Synonyms = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """One line; lines are counted from 1."""

    number: int
    cells: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Table:
    """``notes`` say in sentences what was assumed."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def read(content: bytes, columns: Sequence[str], synonyms: Synonyms) -> Table:
    """The lines under the heading. Raises InvalidArgument (``file``) for what is not a table with these columns.

    ``synonyms`` are other headings, in lower case with single blanks, for columns.
    """
    text, notes = _decoded(content)
    lines, separator = _separated(text)
    try:
        heading = next((cells for _, cells in lines if not _is_blank(cells)), [])
        names = _columns(heading, columns, synonyms, notes)
        rows = []
        for number, cells in lines:
            if _is_blank(cells):
                continue
            rows.append(Row(number, _named(names, cells, number)))
            if len(rows) > MAX_LINES:
                raise fields.wrong("file", f"Please import at most {MAX_LINES} lines at once.")
    except csv.Error:
        raise fields.wrong("file", "There is a line that is not valid CSV: is a quotation mark left open?") from None
    if not rows:
        raise fields.wrong("file", "The file has no lines after its heading.")
    if separator != ",":
        notes.append(f"Cells are separated by {SEPARATORS[separator]}.")
    return Table(tuple(rows), tuple(notes))


def write(columns: Sequence[str], rows: Iterator[Mapping[str, Any]] | Sequence[Mapping[str, Any]]) -> bytes:
    """A CSV file whose cells no spreadsheet takes for formulas: UTF-8 with a byte order mark, which they want."""
    lines = ([cell(row.get(column)) for column in columns] for row in rows)
    return written([columns, *lines]).encode("utf-8-sig")


def written(lines: Sequence[Sequence[str]]) -> str:
    """Lines of a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue()


def cell(value: Any) -> str:
    """A value as a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith((*FORMULA, "'")) and not _is_number(text) else text


# --- Bytes to text ---------------------------------------------------------------------------------------------------


def _decoded(content: bytes) -> tuple[str, list[str]]:
    if len(content) > MAX_BYTES:
        raise fields.wrong("file", "The file is larger than 512 kB.")
    text, notes = _text(content)
    if "\x00" in text:
        raise fields.wrong("file", "This is not a CSV file.")
    return text, notes


def _text(content: bytes) -> tuple[str, list[str]]:
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16"), ["The file was read as UTF-16."]
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        note = "The file is not in UTF-8; it was read as Windows-1252. Please look at accented letters."
        return content.decode("windows-1252"), [note]
    except UnicodeDecodeError:
        raise fields.wrong("file", "Please save the file as CSV in UTF-8.") from None


# --- Text to lines ---------------------------------------------------------------------------------------------------


def _separated(text: str) -> tuple[Iterator[tuple[int, list[str]]], str]:
    """Numbered lines of cells, and what separates those: as the first line says, else the heading's most frequent."""
    first, _, rest = text.partition("\n")
    named = _NAMES_SEPARATOR.fullmatch(first.strip('\ufeff" \r').lower()) if text else None
    if named is not None and named[1] in SEPARATORS:
        return _lines(rest, named[1], offset=1), named[1]
    heading = next((line for line in text.splitlines() if line.strip(' ,;\t"')), "")
    separator = max(SEPARATORS, key=heading.count)
    return _lines(text, separator, offset=0), separator


def _lines(text: str, separator: str, *, offset: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = offset + 1
    for cells in reader:
        yield number, cells
        number = offset + reader.line_num + 1


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(each.strip() for each in cells)


def _columns(heading: Sequence[str], columns: Sequence[str], synonyms: Synonyms, notes: list[str]) -> list[str]:
    """The column that each heading names; spreadsheets leave empty ones at the end."""
    headings = [each.strip() for each in heading]
    while headings and not headings[-1]:
        headings.pop()
    known = f"Known columns: {', '.join(columns)}."
    if not headings:
        raise fields.wrong("file", f"The first line must name the columns. {known}")
    names = []
    for each in headings:
        plain = " ".join(re.sub(r"[\W_]+", " ", each.lower()).split())
        name = synonyms.get(plain, plain.replace(" ", "_"))
        if name not in columns:
            raise fields.wrong("file", f"There is no column “{each[:60]}”. {known}")
        if name in names:
            raise fields.wrong("file", f"The column {name} is named twice.")
        if plain in synonyms:
            notes.append(f"“{each[:60]}” was read as {name}.")
        names.append(name)
    return names


def _named(names: Sequence[str], cells: Sequence[str], number: int) -> dict[str, str]:
    if any(each.strip() for each in cells[len(names) :]):
        raise fields.wrong("file", f"Line {number} has more cells than there are columns.")
    return {name: _plain(text) for name, text in zip(names, cells, strict=False)}


def _plain(text: str) -> str:
    text = text.strip()
    return text[1:] if text.startswith("'") and text[1:2] in (*FORMULA, "'") else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()
