"""A list whose order people change: by dragging a handle (mouse, pen or finger), or with buttons from the keyboard."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex.components.el import Ol
from reflex_base.components.component import field
from reflex_base.constants.compiler import MemoizationDisposition, MemoizationMode

from portal.web.admin.components import styles
from portal.web.admin.components.feedback import callback
from portal.web.admin.components.icons import icon

SORT_HOOK = """
useEffect(() => {{
  const list = document.getElementById({list_id!r});
  if (!list) return;
  const items = () => [...list.children];
  let drag = null;
  // Measured once: the dragged item itself moves.
  const middle = (item) => {{
    const box = item.getBoundingClientRect();
    return box.top + scrollY + box.height / 2;
  }};
  const aim = (event) => drag.middles.findIndex((y) => event.clientY + scrollY < y);
  const mark = (index) => items().forEach((item, n) => {{
    item.toggleAttribute("data-before", n === index);
    item.toggleAttribute("data-after", index === -1 && n === items().length - 1);
  }});
  const down = (event) => {{
    const handle = event.target.closest("[data-handle]");
    if (!handle || event.button > 0) return;
    const item = handle.closest("[data-item]");
    const from = items().indexOf(item);
    drag = {{ item, from, to: null, y: event.clientY + scrollY, middles: items().map(middle) }};
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
  }};
  const move = (event) => {{
    if (!drag) return;
    drag.item.style.transform = `translateY(${{event.clientY + scrollY - drag.y}}px)`;
    drag.item.toggleAttribute("data-dragged", true);
    drag.to = aim(event);
    mark(drag.to);
  }};
  const drop = (event) => {{
    if (!drag) return;
    const {{ item, from, to }} = drag;
    drag = null;
    item.style.transform = "";
    item.removeAttribute("data-dragged");
    items().forEach((each) => {{ each.removeAttribute("data-before"); each.removeAttribute("data-after"); }});
    if (to === null || event.type === "pointercancel") return;
    const last = items().length - 1;
    const target = to === -1 ? last : to > from ? to - 1 : to;
    if (target !== from) ({on_move})(item.dataset.item, target);
  }};
  const acts = [["pointerdown", down], ["pointermove", move], ["pointerup", drop], ["pointercancel", drop]];
  acts.forEach(([name, act]) => list.addEventListener(name, act));
  return () => acts.forEach(([name, act]) => list.removeEventListener(name, act));
}}, []);
"""


def _moved(item: rx.Var[str], place: rx.Var[int]) -> tuple[rx.Var[str], rx.Var[int]]:
    return item, place


class Sortable(Ol):
    """An ``ol`` with an id, of items made by ``sortable_item``."""

    on_move: rx.EventHandler[_moved] = field(doc="An item's id and its new place, counted from 0.")  # type: ignore[type-arg, valid-type]

    _memoization_mode = MemoizationMode(disposition=MemoizationDisposition.ALWAYS, recursive=False)

    def add_imports(self) -> dict[str, Any]:
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        return [SORT_HOOK.format(list_id=str(self.id), on_move=callback(self, "on_move"))]

    def _exclude_props(self) -> list[str]:
        return [*super()._exclude_props(), "on_move"]


def sortable_list(
    rows: rx.Var[Any], render: Callable[[Any], rx.Component], *, list_id: str, on_move: Any, **props: Any
) -> rx.Component:
    """``render(row)`` gives an item's content; rows have ``id`` and ``name`` (read out with its buttons).

    ``on_move(id, place)`` is sent for a drag as well as for a button; places outside the list are to be ignored.
    """

    def item(row: Any, index: rx.Var[int]) -> rx.Component:
        return rx.el.li(
            rx.el.span(
                icon("grip"),
                custom_attrs={"data-handle": "true", "aria-hidden": "true"},
                class_name=(
                    "flex h-11 w-8 shrink-0 cursor-grab touch-none select-none items-center justify-center text-muted"
                ),
            ),
            rx.el.div(render(row), class_name="min-w-0 flex-1"),
            rx.el.div(
                _step("up", "Move up", row, index - 1, on_move, disabled=index == 0),
                _step("down", "Move down", row, index + 1, on_move, disabled=index == rows.length() - 1),
                class_name="flex shrink-0 max-sm:flex-col",
            ),
            key=row["id"],
            custom_attrs={"data-item": row["id"]},
            class_name=(
                "relative flex items-center gap-2 border-t border-line bg-card px-2 py-1.5 first:rounded-t-xl "
                "first:border-t-0 last:rounded-b-xl data-dragged:z-10 data-dragged:opacity-90 data-dragged:shadow-xl "
                "data-before:shadow-[0_-2px_0_var(--brand-text)] data-after:shadow-[0_2px_0_var(--brand-text)]"
            ),
        )

    return Sortable.create(rx.foreach(rows, item), id=list_id, on_move=on_move, class_name=styles.PANEL, **props)


def _step(sign: str, label: str, row: Any, place: Any, on_move: Any, *, disabled: Any) -> rx.Component:
    return rx.el.button(
        icon(sign),
        type="button",
        aria_label=label + ": " + row["name"],
        # Not "disabled": the focus would be lost at the end of the list.
        aria_disabled=rx.cond(disabled, "true", "false"),
        on_click=on_move(row["id"], place),
        class_name=f"{styles.ICON_BUTTON} size-9! aria-disabled:opacity-30",
    )
