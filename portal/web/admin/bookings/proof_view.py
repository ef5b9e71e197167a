"""How a booking's changes came about: what was shown, what was asked, what consented."""

from typing import Any

import reflex as rx

from portal.web.admin.bookings.proof_rows import ProofRow, ProofStep
from portal.web.admin.components import styles
from portal.web.admin.shell_state import ShellState


def proof_list(rows: Any) -> rx.Component:
    return rx.el.ol(rx.foreach(rows, _row), class_name="grid gap-4")


def _row(row: rx.Var[ProofRow]) -> rx.Component:
    return rx.el.li(
        rx.el.p(row.title, class_name="text-sm font-semibold wrap-anywhere text-ink"),
        rx.el.ol(rx.foreach(row.steps, _step), class_name="grid gap-1"),
        rx.cond(
            (row.chat_id != "") & ShellState.can.contains("chats.view"),
            rx.el.a("Read the chat", href=ShellState.here.base + "/chats/" + row.chat_id, class_name=styles.LINK),
        ),
        key=row.id,
        class_name="grid justify-items-start gap-1 border-l-2 border-line pl-3",
    )


def _step(step: rx.Var[ProofStep]) -> rx.Component:
    return rx.el.li(step.what, " · ", rx.el.span(step.at, class_name="text-muted"), class_name="text-sm text-ink")
