"""The browser's Back goes one step back in a form of several steps on one address.

Each step has an entry of its own in the tab's history, which knows the whole trail of steps that led there
(``service/day/time``). Whenever the page's step changes, the history is made to end with that step's trail; when the
visitor goes back, the page is asked for the step of the entry they came to. What only the server knows decides: an
entry that is no earlier step of the present trail is left again.
"""

from typing import Any

import reflex as rx

from portal.web.components.effects import effect

BUTTON = "step-trail-back"
ARRIVED_AT = "(window.history.state?.trail?.at(-1) ?? '')"

# ``trail.wanted`` is the page's, ``trailOfEntry`` the one of the entry the tab is at. Moving in the history ends with a
# ``popstate``: only then can be written what follows. An address with a query is about to be replaced by a plain one.
HOOK = """
useEffect(() => {{
  const trail = (globalThis.__trail ??= {{ wanted: [], seen: "", isBusy: false, isMoving: false }});
  const [text, busy] = {watch}.split("|");
  trail.isBusy = busy === "busy";
  if (!text || text === trail.seen) return;
  trail.seen = text;
  trail.wanted = text.split("/");
  const settle = () => location.search ? setTimeout(settle, 50) : trail.follow?.();
  settle();
}}, [{watch}]);
useEffect(() => {{
  const trail = (globalThis.__trail ??= {{ wanted: [], seen: "", isBusy: false, isMoving: false }});
  const ofEntry = () => window.history.state?.trail ?? [];
  const note = (steps, how) => window.history[how]({{ ...window.history.state, trail: steps }}, "");
  trail.follow = () => {{
    const {{ wanted }} = trail, at = ofEntry();
    const shared = wanted.findIndex((step, index) => step !== at[index]);
    const common = shared < 0 ? wanted.length : shared;
    const surplus = at.length - Math.max(common, 1);
    if (surplus > 0) {{
      trail.isMoving = true;
      window.history.go(-surplus);
      return;
    }}
    if (common === 0) note(wanted.slice(0, 1), "replaceState");
    for (let length = Math.max(common, 1) + 1; length <= wanted.length; length++)
      note(wanted.slice(0, length), "pushState");
  }};
  const arrive = () => {{
    const {{ wanted }} = trail, at = ofEntry();
    if (trail.isMoving) {{
      trail.isMoving = false;
      trail.follow();
    }} else if (at.length && at.join("/") !== wanted.join("/")) {{
      const isEarlier = at.length < wanted.length && at.every((step, index) => step === wanted[index]);
      if (isEarlier && !trail.isBusy) document.getElementById("step-trail-back")?.click();
      else window.history.go(wanted.length - at.length || -1);
    }}
  }};
  window.addEventListener("popstate", arrive);
  if (trail.wanted.length && !location.search) trail.follow();
  return () => {{
    window.removeEventListener("popstate", arrive);
    delete globalThis.__trail;
  }};
}}, []);
"""


def step_trail(trail: rx.Var[str], *, is_busy: rx.Var[bool], on_back: Any) -> rx.Component:
    """Put it once on a page. ``trail``: steps with ``/`` between, the present one last; empty while it is not known.

    ``on_back`` takes the step to go back to; while ``is_busy`` nothing goes back.
    """
    watch = rx.cond(trail != "", trail + rx.cond(is_busy, "|busy", "|"), "")
    return rx.fragment(
        effect(HOOK, watch=watch),
        rx.el.button(id=BUTTON, type="button", hidden=True, on_click=on_back(rx.Var(ARRIVED_AT, _var_type=str))),
    )
