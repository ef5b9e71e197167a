"""Moving keyboard focus where a change of the page needs it."""

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_base.constants.compiler import MemoizationDisposition, MemoizationMode

FOCUS_HOOK = """
useEffect(() => {{
  const [target] = {watch}.split("|");
  // Never on page load: only after the visitor did something here.
  if (!target || !navigator.userActivation?.hasBeenActive) return;
  const frame = requestAnimationFrame(() => document.getElementById(target)?.focus());
  return () => cancelAnimationFrame(frame);
}}, [{watch}]);
"""


class FocusMover(rx.Fragment):
    """Renders nothing. Whenever ``watch`` changes to ``<id>|<anything>``, the element of that id gets the focus."""

    watch: rx.Var[str]

    _memoization_mode = MemoizationMode(disposition=MemoizationDisposition.ALWAYS)

    def add_imports(self) -> dict[str, Any]:
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        data = VarData.merge(self.watch._get_all_var_data())
        return [rx.Var(FOCUS_HOOK.format(watch=str(self.watch)), _var_data=data)]

    def _exclude_props(self) -> list[str]:
        return ["watch"]


def focus_mover(watch: rx.Var[str]) -> rx.Component:
    """Put it once on a page whose state names the element to focus (see ``FocusTarget``)."""
    return FocusMover.create(watch=watch)


class FocusTarget(rx.State, mixin=True):
    """Lets handlers name the element that gets the focus next."""

    focus_target: str = ""
    _focus_moves: int = 0

    def _focus(self, element_id: str) -> None:
        self._focus_moves += 1
        self.focus_target = f"{element_id}|{self._focus_moves}"
