"""``/admin/tenants/<id>/onboarding``."""

from typing import Any

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.conflict import conflict_notice
from portal.web.admin.components.feedback import badge, loaded, notice
from portal.web.admin.components.forms import group
from portal.web.admin.components.icons import icon
from portal.web.admin.onboarding.services_state import StarterRow, StarterServicesState
from portal.web.admin.onboarding.state import STEPS, CheckItem, OnboardingState
from portal.web.admin.settings.branding import BrandingState, branding_form
from portal.web.admin.settings.hours import HoursState, hours_form
from portal.web.admin.settings.integrations import calcom_panel, remove_dialog
from portal.web.admin.settings.integrations_state import IntegrationsState
from portal.web.admin.settings.profile import ProfileState, profile_form
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState
from portal.web.components.sections import anchor_link
from portal.web.theme import FOCUS

NAMES = {
    "business": "Business",
    "hours": "Hours",
    "services": "Services",
    "calendar": "Calendar",
    "look": "Look",
    "live": "Go live",
}
ON = "Save and continue"


def onboarding_page() -> rx.Component:
    content = rx.el.div(_progress(), rx.el.div(_stage(), class_name="mt-6 max-w-3xl"), remove_dialog())
    return admin_page(
        loaded(OnboardingState.loaded_for == ShellState.here.id, content, lines=10), active="home", title="Setting up"
    )


def _progress() -> rx.Component:
    return rx.el.nav(
        rx.el.ol(
            *(_mark(number, step) for number, step in enumerate(STEPS)), class_name="grid grid-cols-6 gap-1.5 sm:gap-2"
        ),
        aria_label="Progress",
    )


def _mark(number: int, step: str) -> rx.Component:
    is_done = OnboardingState.done.contains(step) if step != "live" else OnboardingState.is_live
    state = rx.cond(OnboardingState.step == step, "now", rx.cond(is_done, "done", "ahead"))
    return rx.el.li(
        rx.el.button(
            rx.el.span(
                class_name=(
                    "block h-1.5 rounded-full bg-line group-data-[state=done]:bg-good group-data-[state=now]:bg-brand"
                )
            ),
            rx.el.span(
                rx.el.span(NAMES[step], class_name="truncate max-sm:sr-only"),
                rx.cond(is_done, icon("check", class_name="size-4 text-good")),
                class_name="flex items-center gap-1 pt-2 text-sm font-medium",
            ),
            type="button",
            on_click=OnboardingState.go_to(step),
            aria_label=f"Step {number + 1} of {len(STEPS)}: {NAMES[step]}",
            aria_current=rx.cond(OnboardingState.step == step, "step", "false"),
            custom_attrs={"data-state": state},
            class_name=(
                "group block min-h-11 w-full cursor-pointer rounded-md text-muted hover:text-ink "
                f"data-[state=now]:text-ink {FOCUS}"
            ),
        )
    )


def _stage() -> rx.Component:
    return rx.match(
        OnboardingState.step,
        (
            "hours",
            _step("When are you open?", _when_loaded(HoursState.loaded_for, hours_form(label=ON, then=_next("hours")))),
        ),
        ("services", _step("What do you offer?", _services())),
        ("calendar", _step("Connect your calendar", _calendar())),
        (
            "look",
            _step(
                "How does your site look?",
                conflict_notice(BrandingState),
                _when_loaded(BrandingState.loaded_for, branding_form(label=ON, then=_next("look"))),
            ),
        ),
        ("live", _live()),
        _step(
            "About the business",
            conflict_notice(ProfileState),
            _address(),
            _when_loaded(ProfileState.loaded_for, profile_form(label=ON, then=_next("business"))),
        ),
    )


def _step(title: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, id="step-title", tab_index=-1, class_name="mb-4 text-lg font-semibold text-ink outline-none"),
        *content,
    )


def _next(step: str) -> Any:
    return OnboardingState.go_on(step)


def _when_loaded(loaded_for: rx.Var[str], content: rx.Component) -> rx.Component:
    return loaded(loaded_for == ShellState.here.id, content)


def _address() -> rx.Component:
    """The site's address, as long as it may be changed without anybody noticing."""
    return rx.cond(
        OnboardingState.is_live,
        None,
        rx.el.form(
            rx.el.label("Address of the site", html_for="onboarding-slug", class_name=styles.LABEL),
            rx.el.div(
                rx.el.input(
                    id="onboarding-slug",
                    name="slug",
                    default_value=OnboardingState.slug,
                    key=OnboardingState.slug,
                    spell_check=False,
                    max_length=40,
                    aria_invalid=rx.cond(OnboardingState.slug_error, "true", "false"),
                    aria_describedby="onboarding-slug-error onboarding-url",
                    class_name=styles.INPUT,
                ),
                rx.el.button("Change", type="submit", class_name=styles.SECONDARY),
                class_name="flex gap-2",
            ),
            rx.el.p(OnboardingState.slug_error, id="onboarding-slug-error", role="alert", class_name=styles.ERROR),
            rx.el.p("Open to customers once you go live.", id="onboarding-url", class_name=f"mt-1 {styles.HINT}"),
            on_submit=OnboardingState.rename,
            no_validate=True,
            class_name=f"{styles.PANEL} mb-5 p-4 sm:p-5",
        ),
    )


# --- services --------------------------------------------------------------------------------------------------------


def _services() -> rx.Component:
    return rx.el.div(
        group(
            "Your services",
            rx.el.form(
                rx.el.ul(rx.foreach(StarterServicesState.rows, _service), class_name="divide-y divide-line"),
                rx.el.div(_problem(), aria_live="polite", class_name="mt-3 empty:hidden"),
                rx.el.button(ON, type="submit", class_name=f"mt-4 {styles.PRIMARY}"),
                key=StarterServicesState.form_key,
                on_submit=[StarterServicesState.save, _next("services")],
                no_validate=True,
            ),
            hint="Untick what you do not offer. Texts, order and more are under Services at any time.",
        ),
        group("One more", _new_service()),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )


def _problem() -> rx.Component:
    return rx.cond(StarterServicesState.problem, notice(StarterServicesState.problem, kind="bad"))


def _service(row: rx.Var[StarterRow]) -> rx.Component:
    return rx.el.li(
        rx.el.input(
            type="checkbox",
            name="offered-" + row.id,
            default_checked=row.is_offered,
            aria_label=rx.Var.create("Offer ") + row.name,
            class_name=styles.CHECKBOX,
        ),
        _cell("name-" + row.id, row.name, rx.Var.create("Name of ") + row.name, "min-w-40 flex-1", max_length=120),
        _cell(
            "minutes-" + row.id, row.minutes, rx.Var.create("Minutes of ") + row.name, "w-20", unit="min",
            input_mode="numeric",
        ),
        _cell(
            "price-" + row.id, row.price, rx.Var.create("Price of ") + row.name, "w-24", unit=row.currency,
            input_mode="decimal",
        ),
        key=row.id,
        class_name="flex flex-wrap items-center gap-3 py-3",
    )  # fmt: skip


def _cell(name: Any, value: Any, label: Any, width: str, *, unit: Any = "", **props: Any) -> rx.Component:
    return rx.el.div(
        rx.el.input(name=name, default_value=value, aria_label=label, class_name=styles.INPUT, **props),
        rx.el.span(unit, class_name="text-xs text-muted empty:hidden"),
        class_name=f"flex items-center gap-1.5 {width} [&>input]:min-w-0",
    )


def _new_service() -> rx.Component:
    return rx.el.form(
        _cell("name", "", "Name of the new service", "min-w-40 flex-1", placeholder="Name", max_length=120),
        _cell("minutes", "30", "Its minutes", "w-20", unit="min", input_mode="numeric"),
        _cell("price", "", "Its price", "w-24", unit="USD", input_mode="decimal"),
        rx.el.button(icon("plus", class_name="size-4"), "Add", type="submit", class_name=styles.SECONDARY),
        on_submit=StarterServicesState.add,
        reset_on_submit=True,
        no_validate=True,
        class_name="flex flex-wrap items-center gap-3",
    )


# --- calendar and the end --------------------------------------------------------------------------------------------


def _calendar() -> rx.Component:
    return _when_loaded(
        IntegrationsState.loaded_for,
        rx.el.div(
            calcom_panel(),
            rx.el.div(
                rx.el.button("Continue", type="button", on_click=_next("calendar"), class_name=styles.PRIMARY),
                rx.cond(
                    OnboardingState.done.contains("calendar"),
                    None,
                    rx.el.p("You can come back to this before going live.", class_name=styles.HINT),
                ),
                class_name="flex flex-wrap items-center gap-3",
            ),
            class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
        ),
    )


def _live() -> rx.Component:
    return rx.cond(OnboardingState.is_live, _is_live(), _checklist())


def _checklist() -> rx.Component:
    return _step(
        "Ready to open?",
        rx.el.ul(rx.foreach(OnboardingState.items, _item), class_name=f"{styles.PANEL} divide-y divide-line px-4"),
        rx.el.div(
            rx.el.button(
                "Go live",
                type="button",
                on_click=OnboardingState.go_live,
                disabled=~OnboardingState.is_ready,
                class_name=styles.PRIMARY,
            ),
            rx.cond(
                OnboardingState.is_ready,
                rx.el.p("Your site opens at once.", class_name=styles.HINT),
                rx.el.p("A few things are missing still.", class_name=styles.HINT),
            ),
            class_name="mt-5 flex flex-wrap items-center gap-3",
        ),
    )


def _item(item: rx.Var[CheckItem]) -> rx.Component:
    return rx.el.li(
        rx.cond(
            item.is_done,
            rx.el.span(
                icon("check", class_name="size-4"),
                class_name="flex size-7 shrink-0 items-center justify-center rounded-full bg-good-soft text-good",
            ),
            rx.el.span(class_name="size-7 shrink-0 rounded-full border-2 border-dashed border-field"),
        ),
        rx.el.div(
            rx.el.p(
                item.title,
                rx.el.span(rx.cond(item.is_done, " – done", " – missing"), class_name="sr-only"),
                class_name="text-sm font-medium text-ink",
            ),
            rx.el.p(item.hint, class_name="text-sm text-muted"),
            class_name="min-w-0 flex-1",
        ),
        rx.cond(item.is_required, None, badge("Optional")),
        rx.cond(
            item.is_done,
            None,
            rx.el.button(
                "Do it now", type="button", on_click=OnboardingState.go_to(item.step), class_name=styles.SECONDARY
            ),
        ),
        key=item.key,
        class_name="flex flex-wrap items-center gap-3 py-3",
    )


def _is_live() -> rx.Component:
    return rx.el.section(
        rx.el.span(
            icon("check", class_name="size-8"),
            class_name="mb-4 flex size-14 items-center justify-center rounded-full bg-good-soft text-good",
        ),
        rx.el.h2(
            "Your site is open", id="live-title", tab_index=-1, class_name="text-xl font-semibold text-ink outline-none"
        ),
        rx.el.p(
            "Customers can book now, in the calendar or by chatting. Everything here can be changed at any time.",
            class_name=f"mt-1 {styles.TEXT}",
        ),
        rx.el.div(
            anchor_link(
                "Look at it", href=ShellState.here.url, target="_blank", rel="noopener", class_name=styles.PRIMARY
            ),
            rx.el.a("To the dashboard", href=ShellState.here.base, class_name=styles.SECONDARY),
            class_name="mt-5 flex flex-wrap gap-3",
        ),
        class_name=f"{styles.PANEL} p-6",
    )
