"""Questions in front of the page, and menus at a button; both the browser's own, with its focus and Escape."""

from typing import Any

import reflex as rx
from reflex.components.el import Dialog as DialogElement
from reflex_base.components.component import field
from reflex_base.constants.compiler import MemoizationDisposition, MemoizationMode
from reflex_base.event import no_args_event_spec

from portal.web.admin.components import styles
from portal.web.admin.components.feedback import callback
from portal.web.admin.components.icons import icon
from portal.web.theme import FOCUS

DIALOG_HOOK = """
useEffect(() => {{
  const box = document.getElementById({box_id!r});
  if (!box) return;
  if ({shown}) {{ if (!box.open) box.showModal(); }}
  else if (box.open) box.close();
}}, [{shown}]);
useEffect(() => {{
  const box = document.getElementById({box_id!r});
  const leave = (event) => {{ event.preventDefault(); ({on_leave})(); }};
  box?.addEventListener("cancel", leave);
  return () => box?.removeEventListener("cancel", leave);
}}, []);
"""


class Modal(DialogElement):
    """A modal ``dialog``, open while ``shown`` is true; Escape sends ``on_leave``."""

    shown: rx.Var[bool]
    on_leave: rx.EventHandler[no_args_event_spec] = field(doc="When it is to be closed without an answer.")  # type: ignore[type-arg, valid-type]

    _memoization_mode = MemoizationMode(disposition=MemoizationDisposition.ALWAYS, recursive=False)

    def add_imports(self) -> dict[str, Any]:
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        code = DIALOG_HOOK.format(box_id=str(self.id), shown=str(self.shown), on_leave=callback(self, "on_leave"))
        return [rx.Var(code, _var_data=self.shown._get_all_var_data())]

    def _exclude_props(self) -> list[str]:
        return [*super()._exclude_props(), "shown", "on_leave"]


def modal(name: str, title: Any, *content: rx.Component, shown: rx.Var[bool], on_leave: Any) -> rx.Component:
    """A dialog called ``name`` (unique on its page). Its content is only there while it is open."""
    return Modal.create(
        rx.cond(
            shown,
            rx.el.div(
                rx.el.div(
                    rx.el.h2(title, id=f"{name}-title", class_name="text-lg font-semibold text-ink"),
                    rx.el.button(
                        icon("close"),
                        type="button",
                        aria_label="Close",
                        on_click=on_leave,
                        class_name=styles.ICON_BUTTON,
                    ),
                    class_name="flex items-start justify-between gap-3",
                ),
                *content,
                class_name="grid gap-4 p-5",
            ),
        ),
        id=f"dialog-{name}",
        aria_labelledby=f"{name}-title",
        shown=shown,
        on_leave=on_leave,
        class_name=(
            "m-auto max-h-[90dvh] w-[min(34rem,calc(100vw-2rem))] overflow-y-auto rounded-2xl border "
            "border-line bg-card "
            "p-0 text-ink shadow-2xl backdrop:bg-black/50"
        ),
    )


def confirm_dialog(
    name: str,
    title: Any,
    text: Any,
    *,
    shown: rx.Var[bool],
    confirm: str,
    on_confirm: Any,
    on_leave: Any,
    is_dangerous: bool = True,
    failure: Any = None,
) -> rx.Component:
    """Asks before something that cannot be undone. ``confirm`` says what the button does ("Suspend").

    ``failure`` is shown where doing it failed and the dialog stayed.
    """
    return modal(
        name,
        title,
        rx.el.p(text, class_name=styles.TEXT),
        failure,
        rx.el.div(
            rx.el.button("Cancel", type="button", on_click=on_leave, class_name=styles.SECONDARY),
            rx.el.button(
                confirm,
                type="button",
                on_click=on_confirm,
                class_name=styles.DANGER if is_dangerous else styles.PRIMARY,
            ),
            class_name="flex flex-wrap justify-end gap-3",
        ),
        shown=shown,
        on_leave=on_leave,
    )


def menu(
    name: str, label: str, trigger: rx.Component, *content: rx.Component, place: str, class_name: str = ""
) -> rx.Component:
    """A button ``trigger`` that opens a panel beside it; ``place`` are classes that say where (it is ``fixed``)."""
    return rx.fragment(
        rx.el.button(
            trigger,
            type="button",
            aria_label=label,
            aria_haspopup="true",
            custom_attrs={"popoverTarget": f"menu-{name}"},
            class_name=class_name or styles.QUIET,
        ),
        rx.el.div(
            *content,
            id=f"menu-{name}",
            custom_attrs={"popover": "auto"},
            class_name=(
                "inset-auto m-0 max-h-[80dvh] overflow-y-auto rounded-xl border border-line bg-card "
                f"p-1.5 text-ink shadow-2xl {place}"
            ),
        ),
    )


MENU_ITEM = (
    "flex min-h-11 w-full cursor-pointer items-center gap-3 rounded-lg px-3 py-2 text-left text-sm "
    "font-medium text-ink "
    f"hover:bg-sunken sm:min-h-10 {FOCUS}"
)
