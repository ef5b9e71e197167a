"""``/admin/tenants``."""

import reflex as rx

from portal.core.settings import get_settings
from portal.web.admin.components import styles
from portal.web.admin.components.choices import timezone_options
from portal.web.admin.components.dialogs import modal
from portal.web.admin.components.feedback import badge, empty_state, loaded
from portal.web.admin.components.forms import area_field, select_field, text_field
from portal.web.admin.components.icons import icon
from portal.web.admin.components.lists import cell, pagination_if_longer, search_field, table
from portal.web.admin.shell import admin_page
from portal.web.admin.tenants.state import STATUS_NAMES, TenantRow, TenantsState
from portal.web.admin.tenants.verticals import vertical_names
from portal.web.components.sections import external_link

# What the address becomes while the name is typed, until somebody changes it by hand.
SLUG_FOLLOWS = """((event) => {
  const slug = event.target.form.elements.namedItem("slug");
  if (slug.dataset.touched) return;
  slug.value = event.target.value.normalize("NFKD").replace(/[\\u0300-\\u036f']/g, "").toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);
})"""
SLUG_TOUCHED = "((event) => { event.target.dataset.touched = 'true'; })"


def tenants_page() -> rx.Component:
    return admin_page(
        rx.fragment(_filters(), loaded(TenantsState.is_loaded, _list()), _new_dialog(), _suspend_dialog()),
        active="tenants",
        title="Businesses",
        actions=(_new_button(),),
    )


def _new_button() -> rx.Component:
    return rx.el.button(
        icon("plus", class_name="size-4"),
        "New business",
        type="button",
        on_click=TenantsState.open_dialog("new", ""),
        class_name=styles.PRIMARY,
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            search_field(
                "find",
                "Search by name or address",
                value=TenantsState.search,
                on_change=TenantsState.find.debounce(250),
            ),
            class_name="min-w-0 flex-1 sm:max-w-sm",
        ),
        rx.el.label(
            rx.el.span("Status", class_name="sr-only"),
            rx.el.select(
                rx.el.option("All", value=""),
                *(rx.el.option(name, value=status.value) for status, name in STATUS_NAMES.items()),
                default_value=TenantsState.status,
                on_change=TenantsState.filter_status,
                class_name=f"{styles.INPUT} cursor-pointer",
            ),
        ),
        class_name="mb-4 flex flex-wrap gap-3",
    )


def _list() -> rx.Component:
    return rx.cond(
        TenantsState.rows,
        rx.fragment(
            table(("Business", "Status", "Kind", "Since", ""), TenantsState.rows, _row, caption="Businesses"),
            pagination_if_longer(TenantsState),
        ),
        rx.cond(
            (TenantsState.search != "") | (TenantsState.status != ""),
            empty_state("Nothing fits", "No business has that in its name or address.", sign="search"),
            empty_state(
                "No businesses yet",
                "Make the first one: it takes less than five minutes.",
                _new_button(),
                sign="building",
            ),
        ),
    )


def _row(row: rx.Var[TenantRow]) -> list[rx.Component]:
    return [
        cell(
            rx.el.a(row.name, href="/admin/tenants/" + row.id, class_name=f"block {styles.LINK}"),
            external_link(row.slug, href=row.url, class_name="text-xs font-normal text-muted hover:underline"),
            is_heading=True,
            class_name="min-w-44",
        ),
        cell(badge(row.status_name, kind=row.kind)),
        cell(row.vertical, class_name="capitalize"),
        cell(row.created, class_name="whitespace-nowrap"),
        cell(_act(row), class_name="text-right"),
    ]


def _act(row: rx.Var[TenantRow]) -> rx.Component:
    return rx.match(
        row.status,
        (
            "onboarding",
            rx.el.a("Continue setting up", href="/admin/tenants/" + row.id + "/onboarding", class_name=styles.QUIET),
        ),
        (
            "suspended",
            rx.el.button("Open again", type="button", on_click=TenantsState.activate(row.id), class_name=styles.QUIET),
        ),
        rx.el.button(
            "Suspend", type="button", on_click=TenantsState.open_dialog("suspend", row.id), class_name=styles.QUIET
        ),
    )


def _new_dialog() -> rx.Component:
    errors, domain = TenantsState.errors, get_settings().base_domain
    return modal(
        "new",
        "New business",
        rx.el.form(
            text_field(
                "name", "Name", value="", errors=errors, required=True, max_length=120, auto_focus=True,
                custom_attrs={"onInput": rx.Var(SLUG_FOLLOWS)},
            ),
            text_field(
                "slug", "Address", value="", errors=errors, required=True, max_length=40, spell_check=False,
                hint=f"The site is then at <address>.{domain}", custom_attrs={"onInput": rx.Var(SLUG_TOUCHED)},
            ),
            select_field(
                "vertical", "Kind of business", vertical_names(), value="general", errors=errors,
                hint="Brings services, FAQs, hours and policies to start from.",
            ),
            select_field("timezone", "Time zone", timezone_options(), value="America/New_York", errors=errors),
            _buttons("Create", styles.PRIMARY),
            on_submit=TenantsState.create,
            no_validate=True,
            class_name="grid gap-4",
        ),
        shown=TenantsState.dialog == "new",
        on_leave=TenantsState.close_dialog,
    )  # fmt: skip


def _suspend_dialog() -> rx.Component:
    return modal(
        "suspend",
        rx.Var.create("Suspend ") + TenantsState.subject.name + "?",
        rx.el.form(
            rx.el.p(
                "Its site shows visitors a polite note at once, and nothing can be booked. Its data stays.",
                class_name=styles.TEXT,
            ),
            area_field("reason", "Reason", value="", errors=TenantsState.errors, rows=2, max_length=300),
            _buttons("Suspend", styles.DANGER),
            on_submit=TenantsState.suspend,
            no_validate=True,
            class_name="grid gap-4",
        ),
        shown=TenantsState.dialog == "suspend",
        on_leave=TenantsState.close_dialog,
    )


def _buttons(label: str, class_name: str) -> rx.Component:
    return rx.el.div(
        rx.el.button("Cancel", type="button", on_click=TenantsState.close_dialog, class_name=styles.SECONDARY),
        rx.el.button(label, type="submit", class_name=class_name),
        class_name="flex justify-end gap-3",
    )
