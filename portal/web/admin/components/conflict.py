"""What two people see who edit the same thing at once."""

from typing import Any

import reflex as rx

from portal.web.admin.components import styles

CELL = "px-3 py-2 align-top whitespace-pre-wrap wrap-anywhere"


def conflict_notice(state: Any) -> rx.Component:
    """For a state with ``EditForm`` and the handlers ``keep_mine`` and ``take_theirs``."""
    return rx.cond(
        state.conflict,
        rx.el.section(
            rx.el.h2(
                "Somebody else has changed this meanwhile",
                id="conflict",
                tab_index=-1,
                class_name=f"{styles.SUBTITLE} outline-none",
            ),
            rx.el.p("Nothing of yours is lost, and nothing is saved yet. Which should stay?", class_name=styles.HINT),
            _differences(state),
            rx.el.div(
                rx.el.button("Save mine", type="button", on_click=state.keep_mine, class_name=styles.PRIMARY),
                rx.el.button("Take theirs", type="button", on_click=state.take_theirs, class_name=styles.SECONDARY),
                class_name="mt-3 flex flex-wrap gap-3",
            ),
            role="alert",
            class_name="mb-5 rounded-xl border border-danger bg-danger-soft p-4",
        ),
    )


def _differences(state: Any) -> rx.Component:
    heads = [
        rx.el.th(text, scope="col", class_name="px-3 py-2 font-semibold") for text in ("Field", "Saved now", "Yours")
    ]
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*heads)),
            rx.el.tbody(
                rx.foreach(
                    state.conflict,
                    lambda row: rx.el.tr(
                        rx.el.th(row["label"], scope="row", class_name=f"{CELL} font-medium"),
                        rx.el.td(row["theirs"], class_name=CELL),
                        rx.el.td(row["mine"], class_name=CELL),
                        class_name="border-t border-line",
                    ),
                )
            ),
            class_name="w-full text-left text-sm text-ink",
        ),
        class_name="mt-3 overflow-x-auto rounded-lg border border-line bg-card",
    )
