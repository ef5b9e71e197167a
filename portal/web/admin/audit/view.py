"""The page of the audit log."""

import reflex as rx

from portal.web.admin.audit.history import HistoryRow
from portal.web.admin.audit.history_view import change_list
from portal.web.admin.audit.state import SUBJECTS, AuditState
from portal.web.admin.components import styles
from portal.web.admin.components.feedback import empty_state, loaded
from portal.web.admin.components.filters import choice_filter, day_filter, filter_bar
from portal.web.admin.components.here import is_of_here
from portal.web.admin.components.lists import cell, pagination, table
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
    subjects = rx.fragment(
        rx.el.option("Everything", value=""), *(rx.el.option(name, value=key) for key, name in SUBJECTS.items())
    )
    people = rx.fragment(
        rx.el.option("Anybody", value=""),
        rx.foreach(state.people, lambda each: rx.el.option(each.name, value=each.id)),
    )
    return filter_bar(
        choice_filter("What", state.subject, state.filter_subject, subjects),
        choice_filter("Who", state.actor, state.filter_actor, people),
        day_filter("From", state.first, state.filter_first),
        day_filter("To", state.last, state.filter_last),
        label="Filter the audit log",
        key=state.form_key,
        is_filtered=state.is_filtered,
        on_clear=state.clear,
    )


def _entries() -> rx.Component:
    state = AuditState
    return rx.cond(
        state.rows.length() > 0,
        rx.el.div(
            table(("When", "Who", "What", "Changes"), state.rows, _entry, caption="Audit log"),
            pagination(
                has_earlier=state.has_earlier,
                has_later=state.has_later,
                on_earlier=state.earlier,
                on_later=state.later,
                summary=state.summary,
            ),
        ),
        rx.cond(
            state.is_filtered,
            empty_state(
                "Nothing fits", "No entry matches these filters.",
                rx.el.button("Clear filters", type="button", on_click=state.clear, class_name=styles.SECONDARY),
                sign="search",
            ),
            empty_state("Nothing happened yet", "Every change of this business is written down here."),
        ),
    )  # fmt: skip


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
