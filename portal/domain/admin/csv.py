"""CSV files: services and FAQs out, and in again after a look at what would happen; the audit log out.

An import updates the entry that a line names (by ``id``, else by name or question) and adds the others; it deletes
nothing. Either every line is applied or none.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from portal.core import db
from portal.core.auth import Principal
from portal.core.errors import InvalidArgument, PortalError
from portal.domain.admin import audit, edits, faqs, fields, services, tables
from portal.domain.admin.catalog import Catalog
from portal.domain.permissions import require
from portal.domain.phrases import DECIMALS
from portal.models import TenantFaq, TenantService

R = TypeVar("R", TenantService, TenantFaq)
V = TypeVar("V")

MAX_BYTES: Final = tables.MAX_BYTES
# At most twelve digits before the decimals, in groups of three or in one piece.
AMOUNT: Final = re.compile(
    r"\d{1,12}(?:[.,]\d{1,2})?|\d{1,12}\.\d{3}|\d{1,3}(?:,\d{3}){1,3}\.\d{1,3}|\d{1,3}(?:\.\d{3}){1,3},\d{1,3}",
    re.ASCII,
)
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
    """``version`` names the state that was looked at; applying is refused when it has changed since.

    ``notes`` say in sentences what was assumed about the file.
    """

    applied: bool
    created: int
    updated: int
    unchanged: int
    errors: int
    version: str
    notes: tuple[str, ...]
    lines: tuple[Line, ...] = field(repr=False)


@dataclass(frozen=True)
class Sheet(Generic[R, V]):
    """How one kind of entry is written as a table."""

    catalog: Catalog[R, V]
    columns: tuple[str, ...]
    synonyms: tables.Synonyms
    name: str
    read: Callable[[Mapping[str, str]], dict[str, Any]]
    write: Callable[[V], dict[str, Any]]

    def export(self, principal: Principal, tenant_id: UUID) -> bytes:
        """All entries that are not deleted."""
        listed = self.catalog.entries(principal, tenant_id)
        return tables.write(self.columns, (self.write(each) for each in listed.items))

    def load(
        self, principal: Principal, tenant_id: UUID, content: bytes, *, apply: bool = False, version: str | None = None
    ) -> Report:
        """Look what a file would do, or do it: with ``apply`` and the ``version`` of the report that was looked at.

        Raises InvalidArgument for a file that is no such table, Outdated. With any error nothing is applied.
        """
        access = require(principal, tenant_id, self.catalog.edit)
        table = tables.read(content, self.columns, self.synonyms)
        try:
            with access.begin() as scope:
                report = self._perform(scope, table, apply, version)
                if not report.applied:
                    raise _NotApplied(report)
                return report
        except _NotApplied as looked:
            return looked.report

    def _perform(self, scope: db.Scope, table: tables.Table, apply: bool, version: str | None) -> Report:
        present = self.catalog.rows(scope, lock=True)
        state = edits.version_of_list(f"{row.id} {edits.version_of(row)}" for row in present)
        if apply:
            edits.require_version(version or "", state, {"entries": len(present)})
        target = _Target(scope, self.catalog, present, self.name)
        lines = tuple(self._line(target, row.number, row.cells) for row in table.rows)
        counts = {action: sum(line.action == action for line in lines) for action in ("create", "update", "unchanged")}
        errors = len(lines) - sum(counts.values())
        return Report(
            applied=apply and not errors,
            created=counts["create"],
            updated=counts["update"],
            unchanged=counts["unchanged"],
            errors=errors,
            version=state,
            notes=table.notes,
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
    yield tables.write(AUDIT_COLUMNS, ())
    for entry in entries:
        shown = {name: getattr(entry, name) for name in AUDIT_COLUMNS}
        shown |= {"at": entry.at.isoformat(), "details": json.dumps(entry.details, ensure_ascii=False)}
        yield tables.written([[tables.cell(shown[name]) for name in AUDIT_COLUMNS]]).encode()


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
    decimals = DECIMALS.get(cells["currency"].upper(), 2)
    cents = _amount(text, decimals).scaleb(decimals)
    if cents != cents.to_integral_value():
        raise _wrong_price()
    return int(cents)


def _amount(text: str, decimals: int) -> Decimal:
    """A price as spreadsheets of either habit write it: ``1,200.50`` and ``1.200,50``.

    Raises InvalidArgument, also for three figures behind the only point or comma: they may be thousands.
    """
    if not AMOUNT.fullmatch(text):
        raise _wrong_price()
    place = max(text.rfind("."), text.rfind(","))
    if place == -1:
        return Decimal(text)
    whole, fraction = re.sub("[.,]", "", text[:place]), text[place + 1 :]
    if len(fraction) == 3 and decimals != 3:
        raise _wrong_price()
    return Decimal(f"{whole}.{fraction}")


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
# What others call the columns, in lower case.
SERVICE_SYNONYMS: Final = {
    **dict.fromkeys(("service", "service name", "title", "treatment"), "name"),
    **dict.fromkeys(("details", "service description"), "description"),
    **dict.fromkeys(("group", "section"), "category"),
    **dict.fromkeys(
        ("duration", "length", "minutes", "duration min", "duration mins", "duration in minutes", "time"),
        "duration_minutes",
    ),
    **dict.fromkeys(("cost", "fee", "amount", "rate"), "price"),
    **dict.fromkeys(("capacity", "places", "spots"), "seats"),
    **dict.fromkeys(("enabled", "visible", "bookable"), "active"),
    **dict.fromkeys(("room", "station"), "resource"),
    **dict.fromkeys(("event type", "event type id", "cal com event type"), "cal_event_type_id"),
}
FAQ_SYNONYMS: Final = {
    **dict.fromkeys(("q", "faq"), "question"),
    **dict.fromkeys(("a", "reply", "response"), "answer"),
    **dict.fromkeys(("enabled", "visible"), "active"),
}
SERVICES: Final = Sheet(services.CATALOG, SERVICE_COLUMNS, SERVICE_SYNONYMS, "name", _read_service, _write_service)
FAQS: Final = Sheet(faqs.CATALOG, FAQ_COLUMNS, FAQ_SYNONYMS, "question", _read_faq, _write_faq)
