"""The page of FAQs."""

from typing import Any

import reflex as rx

from portal.domain.admin import csv
from portal.web.admin.catalog import import_view, view
from portal.web.admin.components.forms import area_field, check_field, text_field
from portal.web.admin.faqs.state import FaqsState
from portal.web.admin.shell import admin_page


def faqs_page() -> rx.Component:
    can_edit = view.can("faqs.edit")
    content = view.catalog_page(
        FaqsState,
        noun="question",
        can_edit=can_edit,
        empty=view.nothing_yet(
            FaqsState,
            "No questions yet",
            "Write down what customers ask on the phone. The assistant answers in your words.",
            label="Add a question",
            can_edit=can_edit,
            sign="question",
        ),
        fields=_fields(),
    )
    return admin_page(
        rx.fragment(content, import_view.import_dialog(FaqsState, part="faqs", columns=csv.FAQ_COLUMNS)),
        active="faqs",
        title="FAQs",
        actions=(
            import_view.csv_buttons(FaqsState, part="faqs", can_edit=can_edit),
            rx.cond(can_edit, view.new_button(FaqsState, "Add a question")),
        ),
    )


def _fields() -> list[rx.Component]:
    values: Any = FaqsState.values
    errors: Any = FaqsState.errors
    return [
        text_field(
            "question", "Question", value=values["question"], errors=errors, max_length=300, auto_focus=True,
            hint="As a customer would ask it.",
        ),
        area_field("answer", "Answer", value=values["answer"], errors=errors, rows=6, max_length=4000),
        check_field("active", "Shown to customers", value=values["active"] == "on"),
    ]  # fmt: skip
