"""One conversation, to read: words, tools with what they got and answered, cards."""

from typing import Any

import reflex as rx

from portal.web.admin.chats.rows import CardRow, MessageRow, ToolRow
from portal.web.admin.chats.transcript_state import TranscriptState
from portal.web.admin.components import styles
from portal.web.admin.components.feedback import badge, empty_state, skeleton
from portal.web.admin.components.icons import icon
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState
from portal.web.theme import FOCUS

CODE = "mt-1 max-h-72 overflow-auto rounded-lg bg-sunken p-3 text-xs wrap-anywhere whitespace-pre-wrap text-ink"


def transcript_page() -> rx.Component:
    back = rx.el.a(
        icon("left", class_name="size-4"), "All chats", href=ShellState.here.base + "/chats", class_name=styles.QUIET
    )
    content = rx.match(
        TranscriptState.status,
        ("ready", _content()),
        ("missing", empty_state("No such chat", "It may have been deleted, or its link is wrong.", sign="chat")),
        skeleton(lines=8),
    )
    return admin_page(content, active="chats", title="Chat", actions=(back,))


def _content() -> rx.Component:
    return rx.el.div(
        _heading(),
        rx.el.ol(rx.foreach(TranscriptState.messages, _message), aria_label="Messages", class_name="grid gap-4"),
        class_name="grid max-w-3xl gap-5",
    )


def _heading() -> rx.Component:
    about: Any = TranscriptState.heading
    return rx.el.div(
        badge(about.outcome, kind=about.kind),
        rx.el.span(about.at, class_name="text-sm text-ink"),
        rx.el.span("Tokens: ", about.tokens, class_name="text-sm text-muted"),
        rx.el.span("From cache: ", about.cached, class_name="text-sm text-muted"),
        rx.el.span("Cost: ", about.cost, class_name="text-sm text-muted"),
        rx.cond(
            about.booking_id,
            rx.el.a(
                icon("calendar", class_name="size-4"),
                "Open the booking",
                href=ShellState.here.base + "/bookings/" + about.booking_id,
                class_name=f"{styles.SECONDARY} sm:ml-auto",
            ),
        ),
        class_name=f"{styles.PANEL} flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3",
    )


def _message(message: rx.Var[MessageRow]) -> rx.Component:
    return rx.el.li(
        rx.el.p(
            rx.el.span(message.speaker, class_name="font-semibold text-ink"),
            rx.el.span(message.at),
            rx.cond(message.tokens, rx.el.span(message.tokens)),
            class_name="flex gap-2 text-xs text-muted",
        ),
        rx.cond(
            message.text,
            rx.el.p(
                message.text,
                custom_attrs={"data-role": message.role},
                class_name=(
                    "mt-1 w-fit max-w-full rounded-2xl border border-line bg-card px-4 py-2.5 text-sm wrap-anywhere "
                    "whitespace-pre-wrap text-ink data-[role=user]:border-transparent data-[role=user]:bg-brand-soft "
                    "data-[role=system]:border-dashed data-[role=system]:text-muted"
                ),
            ),
        ),
        rx.foreach(message.tools, _tool),
        rx.foreach(message.cards, _card),
        key=message.id,
    )


def _tool(tool: rx.Var[ToolRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            tool.title,
            rx.cond(tool.failed, badge("Failed", kind="bad")),
            class_name=(
                f"flex min-h-10 w-fit cursor-pointer items-center gap-2 rounded-lg px-2 text-sm text-muted {FOCUS}"
            ),
        ),
        rx.el.div(
            rx.el.p(rx.el.code(tool.name), class_name="text-xs text-muted"),
            rx.el.p("Was given", class_name="mt-2 text-xs text-muted"),
            rx.el.pre(tool.given, tab_index=0, class_name=CODE),
            rx.el.p("Answered", class_name="mt-2 text-xs text-muted"),
            rx.el.pre(tool.result, tab_index=0, class_name=CODE),
            class_name="border-l-2 border-line pl-3",
        ),
        key=tool.id,
        class_name="mt-1.5",
    )


def _card(card: rx.Var[CardRow]) -> rx.Component:
    return rx.el.div(
        rx.el.p(card.title, class_name="text-sm font-semibold text-ink"),
        rx.el.p(card.text, class_name="text-sm wrap-anywhere whitespace-pre-wrap text-muted"),
        class_name="mt-1.5 w-fit max-w-full rounded-xl border border-dashed border-line px-4 py-2.5",
    )
