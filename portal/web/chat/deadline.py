"""How long a proposal waits for the customer's yes: counted down by the browser alone, judged by the server."""

import reflex as rx

from portal.web.chat.state import ChatState
from portal.web.components.effects import effect

OPEN_PROPOSAL = "data-open-proposal"
NEAR_SECONDS = 180

# Counts from when the server said how much is left: the visitor's clock may be wrong. What is known of a proposal is
# kept beside the page's parts, which come and go.
DEADLINE_HOOK = """
useEffect(() => {{
  if (!{proposal} || {is_busy}) return;
  const ends = (globalThis.__proposalEnds ??= {{}});
  ends[{proposal}] = Math.min(ends[{proposal}] ?? Infinity, Date.now() + 1000 * {seconds});
  let timer;
  const tick = () => {{
    const left = Math.ceil((ends[{proposal}] - Date.now()) / 1000);
    // A card that was shown again stands there twice.
    for (const box of document.querySelectorAll({boxes})) {{
      box.disabled = left <= 0;
      box.dataset.deadline = left <= 0 ? "over" : left <= {near} ? "near" : "far";
      const shown = box.querySelector("[data-left]");
      if (shown && left > 0) shown.textContent = `${{Math.floor(left / 60)}}:${{String(left % 60).padStart(2, "0")}}`;
    }}
    timer = setTimeout(tick, 1000 * Math.max(1, left - {near}));
  }};
  tick();
  return () => clearTimeout(timer);
}}, [{proposal}, {seconds}, {is_busy}]);
"""


def deadline_keeper() -> rx.Component:
    """Put it once where the conversation is."""
    return effect(
        DEADLINE_HOOK,
        proposal=ChatState.open_proposal,
        seconds=ChatState.open_seconds,
        is_busy=ChatState.is_busy,
        boxes=rx.Var.create(f"[{OPEN_PROPOSAL}]"),
        near=rx.Var.create(NEAR_SECONDS),
    )


def while_open(*buttons: rx.Component) -> rx.Component:
    """The open proposal's buttons: in its last minutes with the time left, afterwards disabled, with the reason."""
    return rx.el.fieldset(
        rx.el.div(*buttons, class_name="flex flex-wrap gap-2"),
        rx.el.p(
            "Please confirm within ",
            rx.el.span(custom_attrs={"data-left": ""}, class_name="font-medium tabular-nums"),
            ".",
            role="timer",
            aria_live="off",  # the log around it would read every second out
            class_name="mt-2 hidden text-sm text-muted group-data-[deadline=near]/open:block",
        ),
        rx.el.p(
            rx.el.span(
                "This has expired and nothing was changed. Please ask again.",
                class_name="mt-2 hidden group-data-[deadline=over]/open:block",
            ),
            role="status",
            class_name="text-sm text-ink",
        ),
        custom_attrs={OPEN_PROPOSAL: ""},
        class_name="group/open min-w-0",
    )
