"""The tenant's values as frontend variables, readable in the prerendered HTML and in the browser alike.

The build prerenders *tokens* (``%%name%%``). ``portal.web.html`` replaces them by the tenant's values on the way out
and gives the browser the same values as ``window.__T``; so React finds in the page exactly what it would render.
"""

import json
from collections.abc import Callable
from typing import Any

import reflex as rx

from portal.web.site_lists import LISTS

Row = rx.Var[dict[str, str]]


def value(key: str) -> rx.Var[str]:
    """The tenant's value ``key`` (a name in ``portal.web.site_values``), as text."""
    return rx.Var(f"(globalThis.__T?.{key} ?? {json.dumps(f'%%{key}%%')})", _var_type=str)


def each(name: str, render: Callable[[Row], rx.Component], *, tag: Any, **props: Any) -> rx.Component:
    """A ``tag`` element (``rx.el.ul`` …) holding ``render(row)`` once per row of the tenant's list ``name``.

    Only one row is prerendered; the server repeats it. Inside ``render`` use ``row["field"]``, each alone in its
    element, and no ``rx.cond``: what may be missing is a list of none or one (``when``) or an element hidden while
    empty (``empty:hidden``). A link's address must not begin with a token: the router would make a path of it
    (``"/book?service=" + row["id"]``; plain anchors of ``sections`` may).
    """
    template = [{field: f"%%{name}.{field}%%" for field in LISTS[name]}]
    known = f"(globalThis.__T?.{name} ?? {json.dumps(template)})"
    rows: rx.Var[list[dict[str, str]]] = rx.Var(known, _var_type=list[dict[str, str]])
    return tag(rx.foreach(rows, render), custom_attrs={"data-each": name}, **props)


def when(name: str, render: Callable[[Row], rx.Component], *, tag: Any, **props: Any) -> rx.Component:
    """``each`` for a list of none or one: the part is there only when the tenant has it."""
    return each(name, render, tag=tag, **props)
