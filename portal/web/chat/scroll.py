"""A scrolling list that stays at its end while the visitor reads there, and leaves them alone when they scrolled up."""

from typing import Any

import reflex as rx
from reflex.components.el import Div
from reflex_base.constants.compiler import MemoizationDisposition, MemoizationMode

FOLLOW_HOOK = """
useEffect(() => {{
  const box = document.getElementById({box_id!r});
  if (!box) return;
  let atEnd = true;
  const toEnd = () => {{ if (atEnd) box.scrollTop = box.scrollHeight; }};
  const onScroll = () => {{ atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 64; }};
  const isOwn = (node) => node.dataset?.role === "user";
  const changes = new MutationObserver((records) => {{
    // What the visitor just said is always shown.
    if (records.some((record) => [...record.addedNodes].some(isOwn))) atEnd = true;
    toEnd();
  }});
  const size = new ResizeObserver(toEnd);
  changes.observe(box, {{ childList: true, subtree: true, characterData: true }});
  size.observe(box);
  box.addEventListener("scroll", onScroll, {{ passive: true }});
  toEnd();
  return () => {{ changes.disconnect(); size.disconnect(); box.removeEventListener("scroll", onScroll); }};
}}, []);
"""


class FollowingList(Div):
    """A ``div`` with an ``id`` and its own scroll bar."""

    _memoization_mode = MemoizationMode(disposition=MemoizationDisposition.ALWAYS, recursive=False)

    def add_imports(self) -> dict[str, Any]:
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        return [FOLLOW_HOOK.format(box_id=str(self.id))]


def following_list(*children: rx.Component, element_id: str, **props: Any) -> rx.Component:
    return FollowingList.create(*children, id=element_id, **props)
