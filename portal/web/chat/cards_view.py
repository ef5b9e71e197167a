"""The chat's cards on the page."""

import reflex as rx

from portal.web import theme
from portal.web.chat.cards import Card, SlotDay, SlotOption
from portal.web.chat.deadline import while_open
from portal.web.chat.request_state import RequestState
from portal.web.chat.request_view import SMALL_BUTTON, corrections, facts
from portal.web.chat.state import ChatState
from portal.web.components.sections import anchor_link
from portal.web.public import booking_card as bookings

CARD = "@container grid gap-3 rounded-2xl border border-line bg-card p-4"
SLOT = (
    "min-h-11 w-full cursor-pointer rounded-xl border border-line bg-card px-1.5 text-sm font-medium text-ink "
    "tabular-nums transition-colors duration-150 hover:border-brand-text hover:bg-brand-soft disabled:cursor-default "
    "disabled:opacity-50 aria-pressed:border-brand-text aria-pressed:bg-brand-soft aria-pressed:font-bold "
    f"aria-pressed:disabled:opacity-100 {theme.FOCUS}"
)

SLOT_GRID = "grid grid-cols-3 gap-2 @md:grid-cols-4"


def card_view(card: rx.Var[Card]) -> rx.Component:
    """A card by its kind."""
    return rx.match(
        card.kind,
        ("slots", _slots(card)),
        ("proposal", _proposal(card)),
        ("booking", _booking(card)),
        ("handoff", _handoff(card)),
        rx.fragment(),
    )


def _slots(card: rx.Var[Card]) -> rx.Component:
    return rx.el.section(
        rx.foreach(card.days, _slot_day),
        rx.cond(
            card.more_days.length() > 0,
            rx.el.details(
                rx.el.summary("More days", class_name=f"w-fit cursor-pointer py-1.5 text-sm {theme.TEXT_LINK}"),
                rx.el.div(rx.foreach(card.more_days, _slot_day), class_name="mt-2 grid gap-3"),
            ),
        ),
        rx.el.p("Times are in ", card.zone, ".", class_name="text-sm text-muted"),
        aria_label="Free times",
        class_name=CARD,
    )


def _slot_day(day: rx.Var[SlotDay]) -> rx.Component:
    return rx.el.div(
        rx.el.p(day.title, class_name="mb-2 text-sm font-semibold text-ink"),
        rx.el.ul(rx.foreach(day.times, _slot), class_name=SLOT_GRID),
        rx.cond(
            day.more.length() > 0,
            rx.el.details(
                rx.el.summary("Other times", class_name=f"mt-1 w-fit cursor-pointer py-1.5 text-sm {theme.TEXT_LINK}"),
                rx.el.ul(rx.foreach(day.more, _slot), class_name=f"mt-1 {SLOT_GRID}"),
            ),
        ),
    )


def _slot(option: rx.Var[SlotOption]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            option.label,
            type="button",
            aria_label=option.say,
            on_click=ChatState.say(option.say),
            disabled=ChatState.is_busy,
            custom_attrs={"aria-pressed": rx.cond(option.is_chosen, "true", "false")},
            class_name=SLOT,
        )
    )


def _proposal(card: rx.Var[Card]) -> rx.Component:
    is_open = card.proposal_id == ChatState.open_proposal
    return rx.el.section(
        rx.el.p(card.title, class_name="text-base font-semibold text-ink"),
        rx.cond(
            card.request.facts.length() > 0,
            facts(card.request),
            rx.el.p(card.summary, class_name="text-base leading-relaxed text-pretty text-ink"),
        ),
        rx.cond(is_open, corrections(card)),
        rx.cond(
            is_open,
            while_open(
                rx.el.button(
                    card.confirm_label,
                    type="button",
                    on_click=ChatState.confirm(card.proposal_id),
                    # What stands in the form is not kept yet.
                    disabled=ChatState.is_busy | (RequestState.editing == card.proposal_id),
                    class_name=f"{theme.PRIMARY_BUTTON} {SMALL_BUTTON}",
                ),
                rx.el.button(
                    card.decline_label,
                    type="button",
                    on_click=ChatState.decline(card.proposal_id),
                    disabled=ChatState.is_busy,
                    class_name=f"{theme.SECONDARY_BUTTON} {SMALL_BUTTON}",
                ),
            ),
            rx.el.p(
                rx.cond(ChatState.confirmed.contains(card.proposal_id), "You confirmed this.", "No longer open."),
                class_name="text-sm text-muted",
            ),
        ),
        aria_label="Please confirm",
        class_name=f"{CARD} border-brand-text",
    )


def _booking(card: rx.Var[Card]) -> rx.Component:
    return rx.el.section(
        rx.el.div(bookings.status_badge(card.booking)),
        bookings.booking_facts(card.booking),
        bookings.booking_links(card.booking),
        aria_label="Your booking",
        class_name=CARD,
    )


def _handoff(card: rx.Var[Card]) -> rx.Component:
    return rx.el.section(
        rx.el.p("Talk to ", card.title, class_name="text-base font-semibold text-ink"),
        rx.el.div(
            rx.cond(card.phone != "", _contact("Call ", card.phone, card.phone_href)),
            rx.cond(card.email != "", _contact("", card.email, card.email_href)),
            class_name="flex flex-wrap gap-2",
        ),
        aria_label="Contact",
        class_name=CARD,
    )


def _contact(verb: str, text: rx.Var[str], href: rx.Var[str]) -> rx.Component:
    return anchor_link(verb, text, href=href, class_name=bookings.LINK_BUTTON)
