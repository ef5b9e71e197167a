"""Short messages at the edge of the page, some with a way back."""

from dataclasses import dataclass, field
from typing import Any, Literal

import reflex as rx

from portal.core.ids import new_id

SHOWN_AT_ONCE = 3
Kind = Literal["good", "error"]


@dataclass(frozen=True)
class Toast:
    """``undo``: what the button that takes the act back says; empty when there is none."""

    id: str = field(default="")
    text: str = field(default="")
    kind: str = field(default="good")
    undo: str = field(default="")


class Feedback(rx.State, mixin=True):
    """Mixed into the dashboard's base state only: its states share one list of messages."""

    toasts: rx.Field[list[Toast]] = rx.field(default_factory=list)
    _undos: rx.Field[dict[str, tuple[str, str, tuple[Any, ...]]]] = rx.field(default_factory=dict)

    def _say(self, text: str, *, kind: Kind = "good", undo: Any = None, undo_label: str = "Undo") -> None:
        """Show a message. ``undo`` is an event (``FaqsState.restore(faq_id)``), sent when the person takes it back."""
        toast = Toast(new_id().hex, text, kind, undo_label if undo is not None else "")
        self.toasts = [*self.toasts, toast][-SHOWN_AT_ONCE:]
        if undo is not None:
            kept = {shown.id for shown in self.toasts}
            known = {key: way for key, way in self._undos.items() if key in kept}
            self._undos = known | {toast.id: _as_data(undo)}


def _as_data(event: Any) -> tuple[str, str, tuple[Any, ...]]:
    """An event as what can be stored: state, handler, arguments."""
    handler = event.handler
    return handler.state.get_full_name(), handler.fn.__name__, tuple(value._decode() for _, value in event.args)
