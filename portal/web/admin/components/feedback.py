"""Messages, badges, empty states, and what stands in place of something that is on its way."""

from typing import Any

import reflex as rx
from reflex.components.el import Div
from reflex_base.components.component import field
from reflex_base.constants.compiler import MemoizationDisposition, MemoizationMode
from reflex_base.event import EventChain, passthrough_event_spec
from reflex_base.utils.format import format_prop, wrap

from portal.web.admin.components import styles
from portal.web.admin.components.icons import icon

SECONDS = 8  # a message with a way back stays twice as long
TIMER_HOOK = """
useEffect(() => {{
  const area = document.getElementById({area!r});
  if (!area) return;
  const timers = new Map();
  const run = (box) => {{
    const expire = () => ({on_expire})(box.dataset.id);
    timers.set(box, setTimeout(expire, {milliseconds} * (box.dataset.undo ? 2 : 1)));
  }};
  const stop = (box) => {{ clearTimeout(timers.get(box)); timers.delete(box); }};
  // Nobody is hurried who reads one, or is on the way to its button.
  const hold = (event) => {{ const box = event.target.closest("[data-id]"); if (box) stop(box); }};
  const release = (event) => {{
    const box = event.target.closest("[data-id]");
    if (box && !timers.has(box) && !box.contains(event.relatedTarget)) run(box);
  }};
  const look = () => {{
    [...timers.keys()].filter((box) => !box.isConnected).forEach(stop);
    [...area.children].filter((box) => box.dataset.id && !timers.has(box)).forEach(run);
  }};
  const changes = new MutationObserver(look);
  changes.observe(area, {{ childList: true }});
  const heard = [["pointerover", hold], ["focusin", hold], ["pointerout", release], ["focusout", release]];
  heard.forEach(([name, act]) => area.addEventListener(name, act));
  look();
  return () => {{
    changes.disconnect();
    [...timers.keys()].forEach(stop);
    heard.forEach(([name, act]) => area.removeEventListener(name, act));
  }};
}}, []);
"""


class Messages(Div):
    """Holds messages, each with ``data-id``; some seconds after one appears its id is sent to ``on_expire``."""

    on_expire: rx.EventHandler[passthrough_event_spec(str)] = field(doc="When a message's time is over.")  # type: ignore[type-arg, valid-type]

    _memoization_mode = MemoizationMode(disposition=MemoizationDisposition.ALWAYS, recursive=False)

    def add_imports(self) -> dict[str, Any]:
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        return [
            TIMER_HOOK.format(area=str(self.id), on_expire=callback(self, "on_expire"), milliseconds=1000 * SECONDS)
        ]

    def _exclude_props(self) -> list[str]:
        return [*super()._exclude_props(), "on_expire"]


def callback(component: rx.Component, trigger: str) -> str:
    """A component's event trigger as a function in JavaScript, to be called from a hook."""
    chain = component.event_triggers[trigger]
    return wrap(str(format_prop(chain)).strip("{}"), "(") if isinstance(chain, EventChain) else str(chain)


def badge(text: Any, *, kind: Any = "neutral") -> rx.Component:
    """A short word about something's state; ``kind`` (may be a var): neutral, good, bad, brand."""
    return rx.el.span(
        text,
        custom_attrs={"data-kind": kind},
        class_name=(
            "inline-flex items-center rounded-full bg-sunken px-2.5 py-0.5 text-xs font-medium whitespace-nowrap "
            "text-ink data-[kind=bad]:bg-danger-soft data-[kind=bad]:text-danger data-[kind=brand]:bg-brand-soft "
            "data-[kind=good]:bg-good-soft data-[kind=good]:text-good"
        ),
    )


def notice(*content: Any, kind: str = "neutral", **props: Any) -> rx.Component:
    """A boxed remark within a page; ``kind``: neutral, good, bad."""
    colors = {"good": "border-good bg-good-soft", "bad": "border-danger bg-danger-soft"}
    return rx.el.div(
        *content,
        class_name=f"rounded-xl border px-4 py-3 text-sm text-ink {colors.get(kind, 'border-line bg-sunken')}",
        **props,
    )


def empty_state(title: str, text: Any, *actions: rx.Component, sign: str = "list") -> rx.Component:
    """In place of a list without entries: what would stand here, and how to get there."""
    return rx.el.div(
        rx.el.span(
            icon(sign, class_name="size-6"),
            class_name="flex size-12 items-center justify-center rounded-full bg-sunken text-muted",
        ),
        rx.el.p(title, class_name="mt-3 text-base font-semibold text-ink"),
        rx.el.p(text, class_name=f"mt-1 max-w-md {styles.HINT}"),
        rx.el.div(*actions, class_name="mt-4 flex flex-wrap justify-center gap-3 empty:hidden"),
        class_name=f"{styles.PANEL} flex flex-col items-center border-dashed px-6 py-12 text-center",
    )


def skeleton(*, lines: int = 4, label: str = "Loading…") -> rx.Component:
    """Grey bars in place of what is being loaded."""
    widths = ("w-2/5", "w-full", "w-4/5", "w-3/5")
    bars = [rx.el.div(class_name=f"h-4 {widths[n % len(widths)]} animate-pulse rounded bg-line") for n in range(lines)]
    return rx.el.div(
        rx.el.span(label, class_name="sr-only"),
        *bars,
        role="status",
        class_name=f"{styles.PANEL} grid gap-4 p-5",
    )


def loaded(is_loaded: rx.Var[bool], content: rx.Component, *, lines: int = 6) -> rx.Component:
    """``content`` once it is there, a skeleton until then."""
    return rx.cond(is_loaded, content, skeleton(lines=lines))
