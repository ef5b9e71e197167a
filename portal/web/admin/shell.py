"""The frame of every page of the dashboard: navigation, where one is, search, account, messages."""

from collections.abc import Sequence
from dataclasses import dataclass

import reflex as rx

from portal.web.admin.components import styles
from portal.web.admin.components.dialogs import MENU_ITEM, menu
from portal.web.admin.components.feedback import Messages, badge, empty_state, skeleton
from portal.web.admin.components.icons import icon
from portal.web.admin.components.lists import search_field
from portal.web.admin.feedback_state import Toast
from portal.web.admin.session import SIGN_OUT
from portal.web.admin.shell_state import Choice, ShellState
from portal.web.components.layout import SKIP_LINK
from portal.web.components.sections import anchor_link
from portal.web.components.tenant import when
from portal.web.public.focus import focus_mover
from portal.web.theme import FOCUS


@dataclass(frozen=True)
class Entry:
    """A line of the navigation; ``part`` is the address after ``/admin/tenants/<id>``. For those who may ``action``."""

    key: str
    name: str
    sign: str
    part: str
    action: str


ENTRIES = (
    Entry("home", "Home", "home", "", "tenant.view"),
    Entry("bookings", "Bookings", "calendar", "/bookings", "bookings.view"),
    Entry("chats", "Chats", "chat", "/chats", "chats.view"),
    Entry("messages", "Messages", "message", "/messages", "messages.view"),
    Entry("services", "Services", "tag", "/services", "services.view"),
    Entry("faqs", "FAQs", "question", "/faqs", "faqs.view"),
    Entry("settings", "Settings", "settings", "/settings", "profile.view"),
    Entry("members", "Members", "people", "/members", "members.view"),
    Entry("audit", "Audit log", "list", "/audit", "audit.view"),
    Entry("operations", "Operations", "pulse", "/events", "events.view"),
)
# For those who run the platform; ``part`` is the whole address.
PLATFORM_ENTRIES = (
    Entry("tenants", "Businesses", "building", "/admin/tenants", "platform.tenants.view"),
    Entry("jobs", "Jobs", "pulse", "/admin/jobs", "platform.jobs.view"),
    Entry("events", "Events", "list", "/admin/events", "platform.events.view"),
)
ON_PHONES = ("home", "bookings", "chats", "services")
NAV_ITEM = (
    "flex min-h-10 items-center gap-3 rounded-lg px-3 py-2 text-sm font-medium text-muted "
    "hover:bg-sunken hover:text-ink "
    f"aria-[current=page]:bg-brand-soft aria-[current=page]:text-ink {FOCUS}"
)
BAR_ITEM = (
    "flex h-14 w-full cursor-pointer flex-col items-center justify-center gap-0.5 rounded-lg text-xs font-medium "
    f"text-muted aria-[current=page]:text-brand-text {FOCUS}"
)


def admin_page(content: rx.Component, *, active: str, title: str, actions: Sequence[rx.Component] = ()) -> rx.Component:
    """The whole page around ``content``. ``active`` is the key of its line in the navigation, ``title`` its heading.

    ``actions`` stand beside the heading. What belongs to a business is shown only where that business is the person's.
    """
    return rx.el.div(
        anchor_link("Skip to content", href="#content", class_name=SKIP_LINK),
        _sidebar(active),
        rx.el.div(
            _sandbox(),
            _top(),
            rx.el.main(
                rx.match(
                    ShellState.status,
                    ("missing", _missing()),
                    rx.fragment(_heading(title, actions), content),
                ),
                id="content",
                tab_index=-1,
                class_name="mx-auto w-full max-w-6xl flex-1 px-4 pt-5 pb-28 outline-none sm:px-8 lg:pt-7 lg:pb-12",
            ),
            class_name="flex min-h-dvh min-w-0 flex-col",
        ),
        _bottom_bar(active),
        _messages(),
        focus_mover(ShellState.focus_target),
        class_name="min-h-dvh bg-page text-ink lg:grid lg:grid-cols-[15.5rem_minmax(0,1fr)]",
    )


def plain_page(*content: rx.Component) -> rx.Component:
    """A page for people who are not signed in: one card in the middle."""
    return rx.el.div(
        _sandbox(),
        rx.el.main(
            rx.el.p("Dashboard", class_name="mb-6 text-center text-sm font-semibold tracking-wide text-muted"),
            rx.el.div(*content, class_name=f"{styles.PANEL} p-6 shadow-sm sm:p-8"),
            id="content",
            class_name="m-auto w-full max-w-md px-4 py-12",
        ),
        class_name="flex min-h-dvh flex-col bg-page text-ink",
    )


def shell_skeleton() -> rx.Component:
    """The frame without anything in it, for addresses whose page is put together in the browser."""
    return rx.el.div(
        rx.el.div(class_name="hidden border-r border-line bg-card lg:block"),
        rx.el.div(skeleton(lines=8), aria_busy="true", class_name="mx-auto w-full max-w-6xl px-4 py-20 sm:px-8"),
        class_name="min-h-dvh bg-page text-ink lg:grid lg:grid-cols-[15.5rem_minmax(0,1fr)]",
    )


# --- navigation ------------------------------------------------------------------------------------------------------


def _sidebar(active: str) -> rx.Component:
    return rx.el.aside(
        _switcher("side", "left-3 top-16 w-72"),
        rx.el.nav(
            _tenant_links(active),
            _platform_links(active),
            aria_label="Dashboard",
            class_name="mt-3 flex flex-1 flex-col gap-0.5 overflow-y-auto",
        ),
        _user_menu("side", "left-3 bottom-16 w-60"),
        class_name="sticky top-0 hidden h-dvh flex-col border-r border-line bg-card px-3 py-3 lg:flex",
    )


def _tenant_links(active: str) -> rx.Component:
    return rx.cond(ShellState.here.id, rx.fragment(*(_link(entry, active, NAV_ITEM) for entry in ENTRIES)))


def _link(entry: Entry, active: str, class_name: str) -> rx.Component:
    return rx.cond(
        ShellState.can.contains(entry.action),
        rx.el.a(
            icon(entry.sign),
            rx.el.span(entry.name),
            href=ShellState.here.base + entry.part,
            aria_current="page" if entry.key == active else None,
            class_name=class_name,
        ),
    )


def _platform_links(active: str) -> rx.Component:
    return rx.cond(
        ShellState.me.is_platform_admin,
        rx.el.div(
            rx.el.p("Platform", class_name="px-3 pb-1 text-xs font-semibold text-muted"),
            *_platform_entries(active, NAV_ITEM),
            class_name="mt-4 border-t border-line pt-4 first:mt-0 first:border-t-0 first:pt-0",
        ),
    )


def _platform_entries(active: str, class_name: str) -> list[rx.Component]:
    return [
        rx.el.a(
            icon(entry.sign),
            rx.el.span(entry.name),
            href=entry.part,
            aria_current="page" if entry.key == active else None,
            class_name=class_name,
        )
        for entry in PLATFORM_ENTRIES
    ]


def _bottom_bar(active: str) -> rx.Component:
    """On phones: the places one needs most, and all others behind "More"."""
    shown = [entry for entry in ENTRIES if entry.key in ON_PHONES]
    others = [entry for entry in ENTRIES if entry.key not in ON_PHONES]
    more = menu(
        "more",
        "More",
        rx.fragment(icon("menu"), rx.el.span("More")),
        rx.cond(ShellState.here.id, rx.fragment(*(_link(entry, active, MENU_ITEM) for entry in others))),
        _platform_links(active),
        place="inset-x-3 bottom-18 w-auto",
        class_name=BAR_ITEM,
    )
    return rx.el.nav(
        rx.cond(
            ShellState.here.id,
            rx.fragment(*(_link(entry, active, BAR_ITEM) for entry in shown), more),
            rx.cond(
                ShellState.me.is_platform_admin,
                rx.fragment(*_platform_entries(active, BAR_ITEM)),
            ),
        ),
        aria_label="Dashboard, short",
        class_name=(
            "fixed inset-x-0 bottom-0 z-30 grid auto-cols-fr grid-flow-col border-t border-line bg-card px-1 "
            "empty:hidden "
            "pb-[env(safe-area-inset-bottom)] lg:hidden"
        ),
    )


def _switcher(name: str, place: str) -> rx.Component:
    """Which business this is, and the way to another one."""
    current = rx.el.span(
        rx.el.span(
            rx.cond(ShellState.here.name, ShellState.here.name[0], "•"),
            aria_hidden="true",
            class_name=(
                "flex size-8 shrink-0 items-center justify-center rounded-lg bg-brand text-sm "
                "font-semibold text-on-brand"
            ),
        ),
        rx.el.span(
            rx.el.span(
                rx.cond(ShellState.here.name, ShellState.here.name, "Dashboard"),
                class_name="block truncate text-sm font-semibold text-ink",
            ),
            rx.el.span(ShellState.here.role, class_name="block truncate text-xs text-muted empty:hidden"),
            class_name="min-w-0 flex-1 text-left",
        ),
        icon("switch", class_name="size-4 text-muted"),
        class_name="flex min-w-0 flex-1 items-center gap-2.5",
    )
    return rx.el.div(
        menu(
            f"businesses-{name}",
            "Switch business",
            current,
            rx.el.div(
                search_field(
                    "business", "Find a business", on_change=ShellState.find.debounce(250), on_focus=ShellState.find("")
                ),
                class_name="p-1.5",
            ),
            rx.foreach(ShellState.choices, _choice),
            place=place,
            class_name=f"flex w-full min-w-0 cursor-pointer items-center rounded-lg p-1.5 hover:bg-sunken {FOCUS}",
        ),
        class_name="min-w-0",
    )


def _choice(choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.a(
        rx.el.span(choice.name, class_name="truncate"),
        href="/admin/tenants/" + choice.id,
        key=choice.id,
        class_name=MENU_ITEM,
    )


# --- the top ---------------------------------------------------------------------------------------------------------


def _top() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.div(_switcher("top", "inset-x-3 top-16 w-auto"), class_name="min-w-0 flex-1 lg:hidden"),
            rx.el.div(_search(), class_name="hidden flex-1 sm:block"),
            _site_link(),
            rx.el.div(_user_menu("top", "right-3 top-16 w-60"), class_name="lg:hidden"),
            class_name="flex h-14 items-center gap-2 px-3 sm:px-8",
        ),
        class_name="sticky top-0 z-20 border-b border-line bg-page/95 backdrop-blur-sm",
    )


def _search() -> rx.Component:
    return rx.cond(
        ShellState.here.id,
        rx.el.form(
            search_field("q", "Search bookings", placeholder="Name, e-mail, phone or reference"),
            on_submit=ShellState.search,
            role="search",
            class_name="max-w-sm",
        ),
    )


def _site_link() -> rx.Component:
    return rx.cond(
        ShellState.here.status == "active",
        anchor_link(
            icon("open", class_name="size-4"),
            rx.el.span("View site", class_name="max-sm:sr-only"),
            href=ShellState.here.url,
            target="_blank",
            rel="noopener noreferrer",
            class_name=styles.QUIET,
        ),
        rx.cond(ShellState.here.status, badge(ShellState.here.status, kind="bad")),
    )


def _user_menu(name: str, place: str) -> rx.Component:
    face = rx.el.span(
        ShellState.me.initial,
        aria_hidden="true",
        class_name=(
            "flex size-8 shrink-0 items-center justify-center rounded-full border border-line bg-sunken text-sm "
            "font-semibold text-ink"
        ),
    )
    words = rx.el.span(ShellState.me.email, class_name="min-w-0 truncate text-sm text-ink max-lg:hidden")
    return menu(
        f"user-{name}",
        "Your account",
        rx.el.span(face, words, class_name="flex min-w-0 items-center gap-2.5"),
        rx.el.p(ShellState.me.email, class_name="truncate px-3 py-2 text-xs text-muted"),
        rx.el.a(icon("user"), "Account", href="/admin/account", class_name=MENU_ITEM),
        rx.el.button(
            icon("out"), "Sign out", type="button", on_click=rx.call_function(rx.Var(SIGN_OUT)), class_name=MENU_ITEM
        ),
        place=place,
        class_name=f"flex w-full min-w-0 cursor-pointer items-center rounded-lg p-1.5 hover:bg-sunken {FOCUS}",
    )


def _sandbox() -> rx.Component:
    return when(
        "sandbox",
        lambda row: rx.el.p(row["label"], class_name="px-4 py-1 text-center text-xs font-medium"),
        tag=rx.el.aside,
        aria_label="Notice",
        class_name="bg-ink text-page empty:hidden",
    )


# --- content ---------------------------------------------------------------------------------------------------------


def _heading(title: str, actions: Sequence[rx.Component]) -> rx.Component:
    return rx.el.div(
        rx.el.h1(title, id="page-title", tab_index=-1, class_name=f"{styles.TITLE} outline-none"),
        rx.el.div(*actions, class_name="flex flex-wrap gap-2 empty:hidden"),
        class_name="mb-5 flex flex-wrap items-center justify-between gap-3",
    )


def _missing() -> rx.Component:
    return empty_state(
        "There is nothing here for you",
        "This business does not exist, or your account does not belong to it. Ask its admin for an invitation.",
        rx.el.a("Back to the dashboard", href="/admin", class_name=styles.PRIMARY),
        sign="building",
    )


# --- messages --------------------------------------------------------------------------------------------------------


def _messages() -> rx.Component:
    return Messages.create(
        rx.foreach(ShellState.toasts, _toast),
        id="messages",
        on_expire=ShellState.dismiss,
        role="status",
        aria_live="polite",
        class_name=(
            "pointer-events-none fixed inset-x-3 bottom-20 z-50 mx-auto flex max-w-md flex-col gap-2 lg:bottom-6 "
            "lg:left-[15.5rem]"
        ),
    )


def _toast(toast: rx.Var[Toast]) -> rx.Component:
    return rx.el.div(
        rx.match(toast.kind, ("error", icon("warning")), icon("check")),
        rx.el.p(toast.text, class_name="min-w-0 flex-1 py-2.5 text-sm font-medium wrap-anywhere"),
        rx.cond(
            toast.undo,
            rx.el.button(
                toast.undo,
                type="button",
                on_click=ShellState.undo(toast.id),
                class_name=(
                    f"min-h-10 cursor-pointer rounded px-2 text-sm font-semibold underline underline-offset-4 {FOCUS}"
                ),
            ),
        ),
        rx.el.button(
            icon("close", class_name="size-4"),
            type="button",
            aria_label="Dismiss",
            on_click=ShellState.dismiss(toast.id),
            class_name=f"flex size-10 shrink-0 cursor-pointer items-center justify-center rounded-lg {FOCUS}",
        ),
        id="toast-" + toast.id,
        key=toast.id,
        custom_attrs={"data-id": toast.id, "data-undo": toast.undo},
        class_name="pointer-events-auto flex items-center gap-2.5 rounded-xl bg-ink py-1 pr-1 pl-4 text-page shadow-xl",
    )
