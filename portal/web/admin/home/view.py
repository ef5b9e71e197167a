"""``/admin/tenants/<id>``."""

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.feedback import badge, empty_state, loaded
from portal.web.admin.components.figures import figure, figures
from portal.web.admin.components.forms import group
from portal.web.admin.components.icons import icon
from portal.web.admin.home.plot import plot
from portal.web.admin.home.state import Appointment, HomeState, Notice, Task
from portal.web.admin.shell import admin_page
from portal.web.admin.shell_state import ShellState


def home_page() -> rx.Component:
    content = rx.el.div(
        _notices(),
        _tasks(),
        _counters(),
        _spending(),
        rx.el.div(
            _today(),
            group("Bookings per day", plot(HomeState.bars, HomeState.plot_words), hint="A week back and a week ahead."),
            class_name="grid items-start gap-5 lg:grid-cols-2",
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )
    return admin_page(
        loaded(HomeState.loaded_for == ShellState.here.id, content, lines=10), active="home", title="Home"
    )


def _notices() -> rx.Component:
    """What the owner should know now."""
    return rx.cond(
        HomeState.notices,
        rx.el.ul(rx.foreach(HomeState.notices, _notice), aria_label="Notices", class_name="grid gap-3"),
        None,
    )


def _notice(notice: rx.Var[Notice]) -> rx.Component:
    return rx.el.li(
        rx.el.p(notice.words, class_name="min-w-0 flex-1 text-sm text-ink"),
        rx.el.a(notice.label, href=ShellState.here.base + notice.page, class_name=f"text-sm {styles.LINK}"),
        key=notice.key,
        custom_attrs={"data-notice": notice.key},
        class_name="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl border border-brand-edge bg-brand-soft p-4",
    )


def _tasks() -> rx.Component:
    """What is left to set up. Shown large before the site is open, small afterwards."""
    return rx.cond(
        HomeState.is_live,
        None,
        rx.el.section(
            rx.el.div(
                rx.el.h2("Your site is not open yet", class_name=styles.SUBTITLE),
                rx.el.p("These are left. It takes a few minutes.", class_name=styles.HINT),
                class_name="min-w-0",
            ),
            rx.el.ul(rx.foreach(HomeState.tasks, _task), class_name="grid gap-2"),
            rx.el.div(
                rx.el.a("Continue setting up", href=ShellState.here.base + "/onboarding", class_name=styles.PRIMARY)
            ),
            class_name="grid gap-4 rounded-xl border border-brand-edge bg-brand-soft p-5",
        ),
    )


def _task(task: rx.Var[Task]) -> rx.Component:
    return rx.el.li(
        rx.el.span(class_name="mt-0.5 size-4 shrink-0 rounded-full border-2 border-field"),
        rx.el.span(rx.el.span(task.title, class_name="font-medium"), " – ", task.hint),
        key=task.key,
        class_name="flex items-start gap-3 text-sm text-ink",
    )


def _counters() -> rx.Component:
    return figures(
        figure("Next 7 days", HomeState.upcoming, "bookings"),
        figure("Chats", HomeState.chats, "in the last 7 days"),
        figure("Booked in chat", HomeState.booked_in_chat, "in the last 7 days"),
        figure("Did not come", HomeState.absent, "in the last 30 days"),
        figure("Texts sent", HomeState.texts, "in the last 7 days"),
        figure("Texts failed", HomeState.texts_failed, "in the last 7 days"),
        columns="sm:grid-cols-3 lg:grid-cols-6",
    )


def _spending() -> rx.Component:
    """What the assistant used in the chats of the last week."""
    return figures(
        figure("Assistant’s tokens", HomeState.tokens, "in the last 7 days"),
        figure("From its cache", HomeState.cached, "of what was sent"),
        figure("Cost of a chat", HomeState.chat_cost, HomeState.cost_words),
        figure("Cost of a booking", HomeState.booking_cost, HomeState.cost_words),
    )


def _today() -> rx.Component:
    return group(
        "Today",
        rx.cond(
            HomeState.appointments,
            rx.el.ol(rx.foreach(HomeState.appointments, _appointment), class_name="-my-1 divide-y divide-line"),
            rx.el.div(
                empty_state("Nothing today", "Appointments that begin today stand here.", sign="calendar"),
                class_name="[&>div]:border-0 [&>div]:py-6",
            ),
        ),
        hint=HomeState.today,
    )


def _appointment(row: rx.Var[Appointment]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(row.time, class_name="w-36 shrink-0 text-sm font-medium tabular-nums text-ink"),
            rx.el.span(
                rx.el.span(row.customer, class_name="block truncate text-sm text-ink"),
                rx.el.span(row.service, class_name="block truncate text-xs text-muted"),
                class_name="min-w-0 flex-1",
            ),
            rx.cond(row.note, badge(row.note)),
            icon("right", class_name="size-4 text-muted"),
            href=ShellState.here.base + "/bookings/" + row.id,
            class_name="-mx-2 flex items-center gap-3 rounded-lg px-2 py-2.5 hover:bg-sunken",
        ),
        key=row.id,
    )
