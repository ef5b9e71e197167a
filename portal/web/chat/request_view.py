"""A request's card on the page: what will be stored, the box for texts, and the form that corrects it."""

from typing import Any

import reflex as rx

from portal.web import theme
from portal.web.chat.cards import Card
from portal.web.chat.request import Fact, Request
from portal.web.chat.request_state import EDIT_BUTTON, FORM, RequestState

SMALL_BUTTON = "min-h-11 flex-auto px-4! py-2! text-sm whitespace-nowrap sm:flex-none"
CONSENT = "Text me about this appointment. Message and data rates may apply; reply STOP to end it at any time."


def facts(request: rx.Var[Request]) -> rx.Component:
    """Everything that will be stored, as a description list; what was changed last is marked."""
    return rx.el.dl(rx.foreach(request.facts, _fact), class_name="grid gap-1.5 text-base leading-relaxed")


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact.label, class_name="w-16 shrink-0 text-sm leading-relaxed text-muted"),
        rx.el.dd(
            rx.cond(
                fact.is_changed,
                rx.fragment(
                    rx.el.span("Changed from ", class_name="sr-only"),
                    rx.el.del_(fact.old, class_name="text-muted"),
                    rx.el.span(" to ", class_name="sr-only"),
                    rx.el.span(" → ", aria_hidden="true", class_name="text-muted"),
                    rx.el.ins(fact.value, class_name="font-semibold no-underline"),
                ),
                fact.value,
            ),
            class_name="min-w-0 wrap-anywhere whitespace-pre-wrap text-ink",
        ),
        class_name="flex items-baseline gap-3",
    )


def corrections(card: rx.Var[Card]) -> rx.Component:
    """What the customer can do to an open request besides yes and no."""
    return rx.fragment(
        rx.cond(
            card.request.can_edit,
            rx.cond(RequestState.editing == card.proposal_id, _form(card), _edit_button(card)),
        ),
        rx.cond(card.request.asks_texts, _consent(card)),
        rx.el.p(RequestState.trouble, role="alert", class_name=theme.FIELD_ERROR),
    )


def _edit_button(card: rx.Var[Card]) -> rx.Component:
    return rx.el.button(
        "Edit details",
        id=EDIT_BUTTON,
        type="button",
        on_click=RequestState.edit(card.proposal_id),
        disabled=RequestState.is_busy,
        class_name=f"min-h-11 w-fit cursor-pointer text-sm disabled:cursor-default {theme.TEXT_LINK}",
    )


def _consent(card: rx.Var[Card]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=card.request.texts,
            on_change=lambda checked: RequestState.agree(card.proposal_id, checked),
            disabled=RequestState.is_busy,
            class_name=f"mt-0.5 size-5 shrink-0 cursor-pointer accent-brand {theme.FOCUS}",
        ),
        rx.el.span(CONSENT, class_name="text-sm leading-relaxed text-pretty text-muted"),
        class_name="flex cursor-pointer items-start gap-3 py-1",
    )


def _form(card: rx.Var[Card]) -> rx.Component:
    return rx.el.form(
        _field("name", "Name", card.request.name, type="text", auto_complete="name", required=True, max_length=120),
        _field(
            "email", "E-mail", card.request.email,
            type="email", auto_complete="email", required=True, max_length=254, input_mode="email",
        ),
        _field("phone", "Phone", card.request.phone, type="tel", auto_complete="tel", max_length=32, input_mode="tel"),
        _notes(card),
        rx.el.div(
            rx.el.button(
                "Save",
                type="submit",
                disabled=RequestState.is_busy,
                class_name=f"{theme.PRIMARY_BUTTON} {SMALL_BUTTON}",
            ),
            rx.el.button(
                "Back",
                type="button",
                on_click=RequestState.leave,
                class_name=f"{theme.SECONDARY_BUTTON} {SMALL_BUTTON}",
            ),
            class_name="flex flex-wrap gap-2",
        ),
        on_submit=RequestState.save,
        no_validate=True,  # our own messages, tied to their fields
        aria_label="Edit details",
        class_name="grid gap-3 border-t border-line pt-3",
    )  # fmt: skip


def _field(name: str, label: str, value: rx.Var[str], *, required: bool = False, **props: Any) -> rx.Component:
    return rx.el.div(
        _label(name, label, required=required),
        rx.el.input(
            id=f"{FORM}-{name}",
            name=name,
            default_value=value,
            required=required,
            aria_invalid=rx.cond(RequestState.errors[name] != "", "true", "false"),
            aria_describedby=f"{FORM}-{name}-error",
            class_name=theme.INPUT,
            **props,
        ),
        _error(name),
    )


def _notes(card: rx.Var[Card]) -> rx.Component:
    return rx.el.div(
        _label("notes", "Notes", required=False),
        rx.el.textarea(
            id=f"{FORM}-notes",
            name="notes",
            default_value=card.request.notes,
            rows=2,
            max_length=1000,
            aria_invalid=rx.cond(RequestState.errors["notes"] != "", "true", "false"),
            aria_describedby=f"{FORM}-notes-error",
            class_name=theme.INPUT,
        ),
        _error("notes"),
    )


def _label(name: str, label: str, *, required: bool) -> rx.Component:
    hint = [] if required else [rx.el.span(" (optional)", class_name="font-normal text-muted")]
    return rx.el.label(label, *hint, html_for=f"{FORM}-{name}", class_name=theme.LABEL)


def _error(name: str) -> rx.Component:
    return rx.el.p(
        RequestState.errors[name], id=f"{FORM}-{name}-error", aria_live="polite", class_name=theme.FIELD_ERROR
    )
