"""The page of the audit log."""

import reflex as rx

from portal.web.admin.audit.history import HistoryRow
from portal.web.admin.audit.history_view import change_list
from portal.web.admin.audit.state import SUBJECTS, AuditState
from portal.web.admin.components import styles
from portal.web.admin.components.feedback import empty_state, loaded
from portal.web.admin.components.filters import choice_filter, filter_bar
from portal.web.admin.components.here import is_of_here
from portal.web.admin.components.lists import cell, filtered_list, table
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState
from portal.web.components.sections import anchor_link


def audit_page() -> rx.Component:
    state = AuditState
    export = anchor_link(
        "Export CSV",
        href="/v1" + ShellState.here.base + "/audit/export" + state.export_query,
        download=True,
        class_name=styles.SECONDARY,
    )
    content = rx.el.div(
        _filters(), loaded(is_of_here(state.loaded_for), _entries()), class_name="grid grid-cols-1 gap-4"
    )
    return admin_page(content, active="audit", title="Audit log", actions=(rx.cond(ShellState.here.id, export),))


def _filters() -> rx.Component:
    state = AuditState
    return filter_bar(
        state,
        choice_filter(state, "subject", "What", every="Everything", choices=SUBJECTS),
        choice_filter(state, "actor", "Who", every="Anybody", choices=state.people),
        label="Filter the audit log",
    )


def _entries() -> rx.Component:
    state = AuditState
    return filtered_list(
        state,
        table(("When", "Who", "What", "Changes"), state.rows, _entry, caption="Audit log"),
        no_match="No entry matches these filters.",
        nothing=empty_state("Nothing happened yet", "Every change of this business is written down here."),
    )


def _entry(row: rx.Var[HistoryRow]) -> list[rx.Component]:
    what = rx.cond(
        row.path,
        rx.el.a(row.action, href=ShellState.here.base + row.path, class_name=styles.LINK),
        rx.el.span(row.action),
    )
    return [
        cell(row.at, is_heading=True, class_name="whitespace-nowrap align-top! font-normal! text-muted!"),
        cell(row.actor, class_name="align-top! min-w-44 wrap-anywhere"),
        cell(what, class_name="align-top! whitespace-nowrap"),
        cell(change_list(row.changes), class_name="align-top! min-w-72"),
    ]
