"""The page of services."""

from typing import Any

import reflex as rx

from portal.domain.admin import csv
from portal.web.admin.catalog import import_view, view
from portal.web.admin.components.forms import area_field, check_field, columns, text_field
from portal.web.admin.services.state import ServicesState
from portal.web.admin.shell import admin_page


def services_page() -> rx.Component:
    can_edit = view.can("services.edit")
    content = view.catalog_page(
        ServicesState,
        noun="service",
        can_edit=can_edit,
        empty=view.nothing_yet(
            ServicesState,
            "No services yet",
            "A service is what customers book: a name, how long it takes, what it costs.",
            label="Add a service",
            can_edit=can_edit,
            sign="tag",
        ),
        fields=_fields(),
    )
    return admin_page(
        rx.fragment(content, import_view.import_dialog(ServicesState, part="services", columns=csv.SERVICE_COLUMNS)),
        active="services",
        title="Services",
        actions=(
            import_view.csv_buttons(ServicesState, part="services", can_edit=can_edit),
            rx.cond(can_edit, view.new_button(ServicesState, "Add a service")),
        ),
    )


def _fields() -> list[rx.Component]:
    values: Any = ServicesState.values
    errors: Any = ServicesState.errors

    def line(name: str, label: str, hint: str = "", **props: object) -> rx.Component:
        return text_field(name, label, value=values[name], errors=errors, hint=hint, **props)

    return [
        line("name", "Name", max_length=120, auto_focus=True),
        area_field(
            "description", "Description", value=values["description"], errors=errors, rows=3, max_length=1000,
            hint="Optional. The assistant uses it to explain the service.",
        ),
        columns(
            line("duration_minutes", "Minutes", input_mode="numeric"),
            line("price", "Price", "Empty: on request.", input_mode="decimal"),
            line("currency", "Currency", max_length=3),
            line("seats", "Seats", "More than 1 for a class or group.", input_mode="numeric"),
            line("category", "Category", "Optional.", max_length=60),
            line("resource", "Person or room", "Services of one person never overlap.", max_length=80),
        ),
        line(
            "cal_event_type_id", "Cal.com event type", "Its number. Without one this cannot be booked online.",
            input_mode="numeric",
        ),
        check_field("active", "Shown to customers", value=values["active"] == "on"),
    ]  # fmt: skip
