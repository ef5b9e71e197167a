"""The dialog of an import, and the buttons that lead to it and to the export."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from portal.domain.admin.csv import MAX_BYTES
from portal.web.admin.catalog.file_content import FileContent
from portal.web.admin.catalog.import_state import ReportRow
from portal.web.admin.components import styles
from portal.web.admin.components.dialogs import modal
from portal.web.admin.components.feedback import badge, notice
from portal.web.admin.components.lists import cell, table
from portal.web.admin.shell_state import ShellState
from portal.web.components.sections import anchor_link


def csv_buttons(state: Any, *, part: str, can_edit: Any) -> rx.Component:
    """``part``: of the address ("services")."""
    return rx.fragment(
        rx.cond(
            ShellState.here.id,
            anchor_link(
                "Export CSV",
                href="/v1" + ShellState.here.base + f"/{part}/export",
                download=True,
                class_name=styles.SECONDARY,
            ),
        ),
        rx.cond(
            can_edit,
            rx.el.button("Import CSV", type="button", on_click=state.start_import, class_name=styles.SECONDARY),
        ),
    )


def import_dialog(state: Any, *, part: str, columns: Sequence[str]) -> rx.Component:
    input_id = f"{part}-file"
    return modal(
        "import",
        f"Import {'FAQs' if part == 'faqs' else part}",
        rx.el.p(
            "The first line names the columns: ",
            rx.el.code(", ".join(columns), class_name="text-xs wrap-anywhere"),
            ". Lines change the entry they name, others are added, and nothing is deleted.",
            class_name=styles.HINT,
        ),
        rx.el.div(
            rx.el.label("CSV file, up to 512 kB", html_for=input_id, class_name=styles.LABEL),
            FileContent.create(
                type="file",
                accept=".csv,text/csv",
                id=input_id,
                most=MAX_BYTES,
                on_content=state.look,
                class_name=f"{styles.INPUT} cursor-pointer",
            ),
        ),
        rx.cond(state.report_failure, notice(state.report_failure, kind="bad", role="alert")),
        rx.cond(state.report_title, _report(state)),
        rx.el.div(
            rx.el.button("Cancel", type="button", on_click=state.leave_import, class_name=styles.SECONDARY),
            rx.el.button(
                "Import", type="button", disabled=~state.can_apply, on_click=state.apply_import,
                class_name=styles.PRIMARY,
            ),
            class_name="flex justify-end gap-3",
        ),
        shown=state.is_importing,
        on_leave=state.leave_import,
    )  # fmt: skip


def _report(state: Any) -> rx.Component:
    def row(line: rx.Var[ReportRow]) -> list[rx.Component]:
        return [
            cell(line.number, is_heading=True, class_name="py-1.5! tabular-nums"),
            cell(badge(line.action, kind=line.kind), class_name="py-1.5!"),
            cell(
                rx.el.span(line.name, class_name="wrap-anywhere"),
                rx.cond(line.message, rx.el.span(line.message, class_name="block text-danger")),
                class_name="py-1.5!",
            ),
        ]

    return rx.el.div(
        rx.el.p(state.report_title, role="status", class_name=f"mb-2 font-medium {styles.TEXT}"),
        rx.cond(
            state.report_notes,
            rx.el.ul(
                rx.foreach(state.report_notes, lambda note: rx.el.li(note)),
                aria_label="What was assumed",
                class_name=f"mb-2 list-disc pl-5 {styles.HINT}",
            ),
        ),
        rx.el.div(
            table(("Line", "What", "Entry"), state.report, row, caption="What the file would do"),
            class_name="max-h-72 overflow-y-auto",
        ),
    )
