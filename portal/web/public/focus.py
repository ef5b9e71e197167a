"""Moving keyboard focus where a change of the page needs it."""

import reflex as rx

from portal.web.components.effects import effect

FOCUS_HOOK = """
useEffect(() => {{
  const [target] = {watch}.split("|");
  // Never on page load: only after the visitor did something here.
  if (!target || !navigator.userActivation?.hasBeenActive) return;
  const frame = requestAnimationFrame(() => document.getElementById(target)?.focus());
  return () => cancelAnimationFrame(frame);
}}, [{watch}]);
"""


def focus_mover(watch: rx.Var[str]) -> rx.Component:
    """Put it once on a page whose state names the element to focus (see ``FocusTarget``).

    Whenever ``watch`` changes to ``<id>|<anything>``, the element of that id gets the focus.
    """
    return effect(FOCUS_HOOK, watch=watch)


class FocusTarget(rx.State, mixin=True):
    """Lets handlers name the element that gets the focus next."""

    focus_target: str = ""
    _focus_moves: int = 0

    def _focus(self, element_id: str) -> None:
        self._focus_moves += 1
        self.focus_target = f"{element_id}|{self._focus_moves}"
