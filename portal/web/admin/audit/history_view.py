"""What happened, oldest or newest first, with what changed."""

from typing import Any

import reflex as rx

from portal.web.admin.audit.history import Change, HistoryRow
from portal.web.admin.components import styles


def history_list(rows: Any) -> rx.Component:
    """Of one thing."""
    return rx.el.ol(rx.foreach(rows, _row), class_name="grid gap-4")


def change_list(changes: Any) -> rx.Component:
    """Field, before, after; every value as text."""
    return rx.el.dl(rx.foreach(changes, _change), class_name="grid gap-1 text-sm empty:hidden")


def _row(row: rx.Var[HistoryRow]) -> rx.Component:
    return rx.el.li(
        rx.el.p(rx.el.span(row.action, class_name="font-semibold"), " · ", row.actor, class_name="text-sm text-ink"),
        rx.el.p(row.at, class_name="text-xs text-muted"),
        change_list(row.changes),
        key=row.id,
        class_name="grid gap-0.5 border-l-2 border-line pl-3",
    )


def _change(change: rx.Var[Change]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(change.name, class_name="text-muted after:content-[':']"),
        rx.el.dd(
            rx.cond(
                change.before,
                rx.fragment(
                    rx.el.del_(change.before, class_name="text-muted"),
                    rx.el.span(" → ", aria_hidden="true"),
                ),
            ),
            rx.el.span(change.after),
            class_name="min-w-0 wrap-anywhere whitespace-pre-wrap text-ink",
        ),
        class_name=f"flex flex-wrap gap-x-1.5 {styles.TEXT}",
    )
