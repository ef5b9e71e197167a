"""What the browser does by itself when something shown changes."""

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_base.constants.compiler import MemoizationDisposition, MemoizationMode


class Effect(rx.Fragment):
    """Renders nothing; runs ``hook``."""

    hook: rx.Var[Any]

    _memoization_mode = MemoizationMode(disposition=MemoizationDisposition.ALWAYS)

    def add_imports(self) -> dict[str, Any]:
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        return [self.hook]

    def _exclude_props(self) -> list[str]:
        return [*super()._exclude_props(), "hook"]


def effect(code: str, **watched: rx.Var[Any]) -> rx.Component:
    """Put it once on a page. ``code`` (a format string) calls ``useEffect`` and names the vars in braces."""
    data = VarData.merge(*(var._get_all_var_data() for var in watched.values()))
    names = {name: str(var) for name, var in watched.items()}
    return Effect.create(hook=rx.Var(code.format(**names), _var_data=data))
