"""Importing a CSV file: what each line would do is shown before anything is done."""

from base64 import b64decode
from dataclasses import dataclass
from typing import Any

import reflex as rx

from portal.core.errors import InvalidArgument
from portal.domain.admin.csv import MAX_BYTES, Report, Sheet
from portal.domain.admin.edits import Outdated
from portal.web.admin.base_state import AdminState

ACTIONS = {"create": "New", "update": "Changed", "unchanged": "As it is", "error": "Wrong"}
KINDS = {"create": "good", "update": "brand", "error": "bad"}
SHOWN_LINES = 300
MOST_IN_BASE64 = (MAX_BYTES + 2) // 3 * 4
TOO_LARGE = "The file is larger than 512 kB."
NOT_READ = "This file cannot be read. Please save it as CSV in UTF-8, with at least one line below its heading."


@dataclass(frozen=True)
class ReportRow:
    """What one line of the file does."""

    number: str = ""
    action: str = ""
    kind: str = ""
    name: str = ""
    message: str = ""


class ImportState(AdminState, rx.State, mixin=True):
    """A page says which sheet it is about, and adds handlers that name the permission."""

    is_importing: bool = False
    report: rx.Field[list[ReportRow]] = rx.field(default_factory=list)
    report_title: str = ""
    report_notes: rx.Field[list[str]] = rx.field(default_factory=list)
    report_failure: str = ""
    can_apply: bool = False

    _file: bytes = b""
    _seen: str = ""  # the version that the report was made of

    def _sheet(self) -> Sheet[Any, Any]:
        raise NotImplementedError

    async def _refresh(self) -> None:
        raise NotImplementedError

    def _start_import(self) -> None:
        self._forget_import()
        self.is_importing = True

    def _forget_import(self) -> None:
        self.is_importing, self.can_apply = False, False
        self.report, self.report_notes, self.report_title, self.report_failure = [], [], "", ""
        self._file, self._seen = b"", ""

    async def _look_at(self, content: str, *, is_too_large: bool) -> None:
        """A file's bytes in Base64; empty where the browser could not read them."""
        self._start_import()
        if is_too_large:
            self.report_failure = TOO_LARGE
            return
        try:
            file = b64decode(content, validate=True)
        except ValueError:
            file = b""
        if file:
            await self._look(file)
        else:
            self.report_failure = NOT_READ

    async def _look(self, file: bytes) -> None:
        """What the file would do."""
        self._start_import()
        try:
            found = await self._in_tenant(self._sheet().load, file)
        except InvalidArgument as error:
            self.report_failure = error.message
            return
        self._file = file
        self._show_report(found)

    async def _apply(self) -> None:
        """Do what was looked at, unless something has changed since: then look again."""
        if not self.can_apply:
            return
        try:
            done = await self._in_tenant(self._sheet().load, self._file, apply=True, version=self._seen)
        except Outdated:
            await self._look(self._file)
            self.report_failure = "Something has changed meanwhile. This is what the file would do now."
            return
        if not done.applied:
            self._show_report(done)
            return
        self._forget_import()
        await self._refresh()
        self._say(f"Imported: {done.created} new, {done.updated} changed.")

    def _show_report(self, found: Report) -> None:
        self._seen = found.version
        self.can_apply = not found.errors and bool(found.created or found.updated)
        counts = f"{found.created} new, {found.updated} changed, {found.unchanged} as they are"
        errors = f", {found.errors} wrong: please correct them and choose the file again" if found.errors else ""
        self.report_title, self.report_notes = f"{counts}{errors}.", list(found.notes)
        # Errors first: in a long file they would be missed.
        lines = sorted(found.lines, key=lambda line: (line.action != "error", line.number))[:SHOWN_LINES]
        self.report = [
            ReportRow(
                number=str(line.number),
                action=ACTIONS.get(line.action, line.action),
                kind=KINDS.get(line.action, "neutral"),
                name=line.name,
                message=": ".join(each for each in (line.field, line.message) if each),
            )
            for line in lines
        ]
