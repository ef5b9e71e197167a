"""Forms over one stored thing: loaded with a version, saved against it, and what happens when somebody was faster."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import reflex as rx

from portal.core.errors import Conflict, InvalidArgument, PortalError
from portal.domain.admin.edits import Outdated
from portal.web.admin.components.forms import field_id

T = TypeVar("T")


class EditForm(rx.State, mixin=True):
    """Mixed into a page's state beside ``AdminState``. Fields are texts by name, as the inputs show them.

    Only what was changed is sent. On a conflict nothing is lost: the inputs keep what was typed, ``conflict`` shows
    what is stored now beside it, and the person decides; what others changed elsewhere in the form stays theirs.
    """

    values: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    errors: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    conflict: rx.Field[list[dict[str, str]]] = rx.field(default_factory=list)
    loaded_for: str = ""  # the tenant whose values these are
    form_key: str = ""  # changes when the inputs are to take new values

    _version: str = ""
    _newer_version: str = ""
    _attempt: rx.Field[dict[str, Any]] = rx.field(default_factory=dict)

    async def _store(
        self, update: Callable[..., T], typed: Mapping[str, Any], labels: Mapping[str, str], *, version: str = ""
    ) -> T | None:
        """Call ``update(principal, tenant_id, changes, version=…)``; None when it was refused, and the page says why.

        ``labels`` names the form's fields. Errors that concern none of them are raised on.
        """
        changes = {name: value for name, value in typed.items() if as_text(value) != self.values.get(name)}
        try:
            return await self._in_tenant(update, changes, version=version or self._version)
        except PortalError as error:
            self._refuse(error, changes, labels)
            return None

    def _show_values(self, values: Mapping[str, str], version: str) -> None:
        """Show what is stored."""
        self.values, self._version, self.form_key = dict(values), version, version
        self.errors, self.conflict, self._attempt = dict.fromkeys(values, ""), [], {}
        self.loaded_for = str(self._tenant())

    def _refuse(self, error: PortalError, attempt: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        self.errors = dict.fromkeys(labels, "")
        if isinstance(error, Outdated):
            self._show_conflict(error.details, attempt, labels)
            return
        field = str(error.details.get("field", "")).partition(".")[0]
        if not isinstance(error, InvalidArgument | Conflict) or field not in labels:
            raise error
        self.errors |= {field: error.message}
        self._focus(field_id(field))

    def _show_conflict(self, details: Mapping[str, Any], attempt: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        stored = details.get("current", {})
        self._newer_version, self._attempt = str(details.get("version", "")), dict(attempt)
        self.conflict = [
            {"label": label, "theirs": as_text(stored.get(name)), "mine": as_text(attempt.get(name))}
            for name, label in labels.items()
            if name in attempt and as_text(stored.get(name)) != as_text(attempt.get(name))
        ]
        self._focus("conflict")


def as_text(value: Any) -> str:
    """A stored value as an input shows it."""
    if value is None:
        return ""
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
