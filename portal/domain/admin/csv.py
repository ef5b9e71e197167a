"""CSV files: services and FAQs out, and in again after a look at what would happen; the audit log out.

An import updates the entry that a line names (by ``id``, else by name or question) and adds the others; it deletes
nothing. Either every line is applied or none.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from portal.core import db
from portal.core.auth import Principal
from portal.core.errors import InvalidArgument, PortalError
from portal.domain.admin import audit, edits, faqs, fields, services
from portal.domain.admin.catalog import Catalog
from portal.domain.permissions import require
from portal.domain.phrases import DECIMALS
from portal.models import TenantFaq, TenantService

R = TypeVar("R", TenantService, TenantFaq)
V = TypeVar("V")

MAX_BYTES: Final = 512 * 1024
MAX_LINES: Final = 1000
DELIMITERS: Final = ",;\t"
# A spreadsheet takes such a cell for a formula: it is written with an apostrophe, which is taken away when read.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
YES: Final = frozenset({"yes", "y", "true", "1", "x"})
NO: Final = frozenset({"no", "n", "false", "0"})


@dataclass(frozen=True)
class Line:
    """What one line does: ``create``, ``update``, ``unchanged`` or ``error``; lines are counted from 1, the heading."""

    number: int
    action: str
    name: str
    field: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class Report:
    """``version`` names the state that was looked at; applying is refused when it has changed since."""

    applied: bool
    created: int
    updated: int
    unchanged: int
    errors: int
    version: str
    lines: tuple[Line, ...] = field(repr=False)


@dataclass(frozen=True)
class Sheet(Generic[R, V]):
    """How one kind of entry is written as a table."""

    catalog: Catalog[R, V]
    columns: tuple[str, ...]
    name: str
    read: Callable[[Mapping[str, str]], dict[str, Any]]
    write: Callable[[V], dict[str, Any]]

    def export(self, principal: Principal, tenant_id: UUID) -> bytes:
        """All entries that are not deleted, as UTF-8 with a byte order mark, which spreadsheets want."""
        listed = self.catalog.entries(principal, tenant_id)
        return table(self.columns, (self.write(each) for each in listed.items))

    def load(
        self, principal: Principal, tenant_id: UUID, content: bytes, *, apply: bool = False, version: str | None = None
    ) -> Report:
        """Look what a file would do, or do it: with ``apply`` and the ``version`` of the report that was looked at.

        Raises InvalidArgument for a file that is no such table, Outdated. With any error nothing is applied.
        """
        access = require(principal, tenant_id, self.catalog.edit)
        rows = _rows(content, self.columns)
        try:
            with access.begin() as scope:
                report = self._perform(scope, rows, apply, version)
                if not report.applied:
                    raise _NotApplied(report)
                return report
        except _NotApplied as looked:
            return looked.report

    def _perform(
        self, scope: db.Scope, rows: Sequence[tuple[int, dict[str, str]]], apply: bool, version: str | None
    ) -> Report:
        present = self.catalog.rows(scope, lock=True)
        state = edits.version_of_list(f"{row.id} {edits.version_of(row)}" for row in present)
        if apply:
            edits.require_version(version or "", state, {"entries": len(present)})
        target = _Target(scope, self.catalog, present, self.name)
        lines = tuple(self._line(target, number, cells) for number, cells in rows)
        counts = {action: sum(line.action == action for line in lines) for action in ("create", "update", "unchanged")}
        errors = len(lines) - sum(counts.values())
        return Report(
            applied=apply and not errors,
            created=counts["create"],
            updated=counts["update"],
            unchanged=counts["unchanged"],
            errors=errors,
            version=state,
            lines=lines,
        )

    def _line(self, target: "_Target[R, V]", number: int, cells: Mapping[str, str]) -> Line:
        name = cells.get(self.name, "")[:120]
        try:
            return Line(number, target.put(cells.get("id", ""), self.read(cells)), name)
        except PortalError as error:
            return Line(number, "error", name, error.details.get("field"), error.message)


class _NotApplied(Exception):
    """Undoes the transaction in which an import was tried."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__()


class _Target(Generic[R, V]):
    """The entries that lines are matched with. Each may be named by one line."""

    def __init__(self, scope: db.Scope, catalog: Catalog[R, V], present: list[R], name: str) -> None:
        self.scope, self.name = scope, name
        self.catalog: Catalog[R, V] = catalog
        self.rows: list[R] = present
        self.by_id: dict[str, R] = {str(row.id): row for row in present}
        self.by_name: dict[str, R] = {self._key(getattr(row, name)): row for row in reversed(present)}
        self.taken: set[UUID] = set()

    def put(self, entry_id: str, values: dict[str, Any]) -> str:
        """Returns what was done. Raises InvalidArgument (with the field)."""
        row = self._find(entry_id, values)
        if row is None:
            row = self.catalog.add(self.scope, self.rows, values)
            self.rows.append(row)
            self.by_name[self._key(getattr(row, self.name))] = row
            self.taken.add(row.id)
            return "create"
        if row.id in self.taken:
            raise fields.wrong(self.name, "An earlier line names the same entry.")
        self.taken.add(row.id)
        return "update" if self.catalog.write(self.scope, row, values) else "unchanged"

    def _find(self, entry_id: str, values: Mapping[str, Any]) -> R | None:
        if entry_id:
            if (row := self.by_id.get(entry_id.lower())) is None:
                raise fields.wrong("id", "There is no entry of this id. Leave the id empty to add one.")
            return row
        return self.by_name.get(self._key(str(values.get(self.name) or "")))

    @staticmethod
    def _key(name: str) -> str:
        return " ".join(name.split()).casefold()


AUDIT_COLUMNS: Final = ("at", "actor_type", "actor", "action", "target_type", "target_id", "details")


def audit_log(principal: Principal, tenant_id: UUID, wanted: audit.Wanted | None = None) -> Iterator[bytes]:
    """The audit log as a CSV file, in pieces; details as JSON. Raises NotFound, Forbidden before the first piece."""
    entries = audit.export(principal, tenant_id, wanted)
    return _audit_pieces(entries)


def _audit_pieces(entries: Iterator[audit.Entry]) -> Iterator[bytes]:
    yield table(AUDIT_COLUMNS, ())
    for entry in entries:
        shown = {name: getattr(entry, name) for name in AUDIT_COLUMNS}
        shown |= {"at": entry.at.isoformat(), "details": json.dumps(entry.details, ensure_ascii=False)}
        yield _written([[cell(shown[name]) for name in AUDIT_COLUMNS]]).encode()


# --- Tables ----------------------------------------------------------------------------------------------------------


def table(columns: Sequence[str], rows: Iterator[Mapping[str, Any]] | Sequence[Mapping[str, Any]]) -> bytes:
    """A CSV file whose cells no spreadsheet takes for formulas."""
    lines = ([cell(row.get(column)) for column in columns] for row in rows)
    return _written([columns, *lines]).encode("utf-8-sig")


def _written(lines: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue()


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith((*FORMULA, "'")) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()


def _rows(content: bytes, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Line numbers and cells. Raises InvalidArgument for what is not a table with these headings."""
    text = _decoded(content)
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        headings = [heading.strip().lower() for heading in next(reader, [])]
        _check_headings(headings, columns)
        rows, number = [], reader.line_num + 1
        for cells in reader:
            if any(each.strip() for each in cells):
                rows.append((number, _cells(headings, cells, number)))
            number = reader.line_num + 1
            if len(rows) > MAX_LINES:
                raise fields.wrong("file", f"Please import at most {MAX_LINES} lines at once.")
    except csv.Error:
        raise fields.wrong("file", f"Line {reader.line_num} is not valid CSV.") from None
    if not rows:
        raise fields.wrong("file", "The file has no lines after its heading.")
    return rows


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise fields.wrong("file", "The file is larger than 512 kB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise fields.wrong("file", "Please save the file as CSV in UTF-8.") from None
    if "\x00" in text:
        raise fields.wrong("file", "This is not a CSV file.")
    return text


def _check_headings(headings: Sequence[str], columns: Sequence[str]) -> None:
    known = f"Known columns: {', '.join(columns)}."
    if any(heading not in columns for heading in headings) or not headings:
        raise fields.wrong("file", f"The first line must name the columns. {known}")
    if len(set(headings)) != len(headings):
        raise fields.wrong("file", "A column is named twice.")


def _cells(headings: Sequence[str], cells: Sequence[str], number: int) -> dict[str, str]:
    if len(cells) > len(headings):
        raise fields.wrong("file", f"Line {number} has more cells than there are columns.")
    return {heading: _plain(text) for heading, text in zip(headings, cells, strict=False)}


def _plain(text: str) -> str:
    text = text.strip()
    return text[1:] if text.startswith("'") and text[1:2] in (*FORMULA, "'") else text


# --- Cells -----------------------------------------------------------------------------------------------------------


def _number(cells: Mapping[str, str], column: str) -> int | None:
    text = cells.get(column, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise fields.wrong(column, "This must be a whole number.")
    return int(text)


def _yes(cells: Mapping[str, str], column: str) -> bool:
    text = cells.get(column, "").lower()
    if text not in YES | NO | {""}:
        raise fields.wrong(column, "Please write yes or no.")
    return text not in NO


def _cents(cells: Mapping[str, str]) -> int | None:
    """``35`` or ``35.50`` in the currency's units → minor units; empty: on request."""
    text = cells.get("price", "")
    if not text:
        return None
    if "currency" not in cells:
        raise fields.wrong("price", "A file with prices needs the column currency too.")
    scale = 10 ** DECIMALS.get(cells["currency"].upper(), 2)
    try:
        amount = Decimal(text) * scale
    except InvalidOperation:
        raise _wrong_price() from None
    if not amount.is_finite() or amount != amount.to_integral_value() or abs(amount) > 10**12:
        raise _wrong_price()
    return int(amount)


def _wrong_price() -> InvalidArgument:
    return fields.wrong("price", "Please write the price as a number such as 35 or 35.50.")


def _read_service(cells: Mapping[str, str]) -> dict[str, Any]:
    """Only columns that the file has: others stay as they are."""
    readers: dict[str, Callable[[], Any]] = {
        "duration_minutes": lambda: _number(cells, "duration_minutes"),
        "price": lambda: _cents(cells),
        "seats": lambda: _number(cells, "seats") or 1,
        "active": lambda: _yes(cells, "active"),
        "currency": lambda: cells["currency"] or "USD",
        "cal_event_type_id": lambda: _number(cells, "cal_event_type_id"),
    }
    values = {name: readers.get(name, lambda name=name: cells[name])() for name in cells if name != "id"}
    if "price" in values:
        values["price_cents"] = values.pop("price")
    return values


def _write_service(service: services.ServiceForm) -> dict[str, Any]:
    price = service.price_cents
    scale = DECIMALS.get(service.currency, 2)
    return {name: getattr(service, name, None) for name in SERVICE_COLUMNS} | {
        "price": None if price is None else f"{Decimal(price).scaleb(-scale):f}"
    }


def _read_faq(cells: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: text for name, text in cells.items() if name != "id"}
    return values | ({"active": _yes(cells, "active")} if "active" in cells else {})


def _write_faq(faq: faqs.FaqForm) -> dict[str, Any]:
    return {name: getattr(faq, name) for name in FAQ_COLUMNS}


SERVICE_COLUMNS: Final = (
    "id", "name", "description", "category", "duration_minutes", "price", "currency", "seats", "active", "resource",
    "cal_event_type_id",
)  # fmt: skip
FAQ_COLUMNS: Final = ("id", "question", "answer", "active")
SERVICES: Final = Sheet(services.CATALOG, SERVICE_COLUMNS, "name", _read_service, _write_service)
FAQS: Final = Sheet(faqs.CATALOG, FAQ_COLUMNS, "question", _read_faq, _write_faq)
