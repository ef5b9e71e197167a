"""Stripe's part of the integrations: the plan, choosing one, and the way to manage it."""

import reflex as rx

from portal.domain.billing import BillingNotConfigured
from portal.web.admin.components import styles
from portal.web.admin.components.feedback import badge, loaded, notice
from portal.web.admin.components.forms import group
from portal.web.admin.settings.billing_state import BillingState
from portal.web.admin.settings.billing_words import OfferRow
from portal.web.admin.shell_state import ShellState


def stripe_panel() -> rx.Component:
    """Shown once it is known how the business stands."""
    return loaded(
        BillingState.loaded_for == ShellState.here.id,
        group(
            "Stripe",
            rx.cond(
                BillingState.is_configured,
                rx.el.div(_standing(), _problem(), _offers(), class_name="grid gap-4"),
                rx.el.p(BillingNotConfigured.default, class_name=styles.TEXT),
            ),
            hint="Your plan on this platform. Cards and invoices are kept by Stripe, never here.",
        ),
        lines=3,
    )


def stripe_news() -> rx.Component:
    """What happened at Stripe, for the top of the page: that is where people come back to."""
    is_of_here = BillingState.loaded_for == ShellState.here.id
    return rx.el.div(
        rx.cond(is_of_here & (BillingState.news != ""), notice(BillingState.news)),
        aria_live="polite",
        class_name="empty:hidden",
    )


def _standing() -> rx.Component:
    shown = BillingState.standing
    return rx.el.div(
        rx.el.div(
            rx.cond(shown.plan, rx.el.span(shown.plan, class_name="text-base font-semibold text-ink")),
            badge(shown.word, kind=shown.kind),
            class_name="flex flex-wrap items-center gap-3",
        ),
        rx.el.p(shown.text, class_name=f"mt-2 {styles.TEXT}"),
        rx.cond(shown.can_manage, _manage()),
    )


def _manage() -> rx.Component:
    return rx.el.button(
        rx.cond(BillingState.going == "manage", "Opening Stripe…", "Manage billing"),
        type="button",
        disabled=BillingState.going != "",
        on_click=BillingState.manage,
        class_name=f"mt-3 {styles.SECONDARY}",
    )


def _problem() -> rx.Component:
    return rx.el.div(
        rx.cond(
            BillingState.problem,
            notice(
                rx.el.p(BillingState.problem),
                rx.cond(
                    ~BillingState.standing.is_open & (BillingState.offers.length() == 0),
                    rx.el.button(
                        "Try again",
                        type="button",
                        on_click=BillingState.ask_offers,
                        class_name=f"mt-2 {styles.SECONDARY}",
                    ),
                ),
                kind="bad",
            ),
        ),
        aria_live="polite",
        class_name="empty:hidden",
    )


def _offers() -> rx.Component:
    return rx.cond(
        ~BillingState.standing.is_open & (BillingState.offers.length() > 0),
        rx.el.div(
            rx.el.h3("Choose a plan", class_name="text-sm font-semibold text-ink"),
            rx.el.ul(rx.foreach(BillingState.offers, _offer), class_name="mt-3 grid gap-3 sm:grid-cols-3"),
        ),
    )


def _offer(offer: rx.Var[OfferRow]) -> rx.Component:
    return rx.el.li(
        rx.el.p(offer.name, class_name="text-sm font-medium text-ink"),
        rx.el.p(
            rx.el.span(offer.price, class_name="text-2xl font-semibold text-ink"),
            rx.el.span(" a month", class_name="text-sm text-muted"),
            class_name="mt-1",
        ),
        rx.el.button(
            rx.cond(BillingState.going == offer.plan, "Opening Stripe…", rx.fragment("Choose ", offer.name)),
            type="button",
            disabled=BillingState.going != "",
            on_click=BillingState.choose(offer.plan),
            class_name=f"mt-4 w-full {styles.PRIMARY}",
        ),
        key=offer.plan,
        class_name="flex flex-col rounded-lg border border-line p-4",
    )
