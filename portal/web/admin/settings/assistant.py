"""How the assistant speaks and what it may not do."""

from typing import Any

import reflex as rx

from portal.domain.admin import assistant
from portal.domain.admin.assistant import AssistantForm
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.components import styles
from portal.web.admin.components.conflict import conflict_notice
from portal.web.admin.components.feedback import loaded
from portal.web.admin.components.forms import area_field, columns, group, save_bar, text_field
from portal.web.admin.edit_form import EditForm, as_text
from portal.web.admin.settings.frame import settings_page
from portal.web.admin.settings.policies import as_number
from portal.web.admin.shell_state import ShellState

PART = "/assistant"
LABELS = {
    "tone": "Tone",
    "greeting": "Greeting",
    "escalation": "When it hands over to a person",
    "dont_do": "What it must never do",
    "model": "Model",
    "daily_token_budget": "Daily budget in tokens",
}


class AssistantState(EditForm, AdminState):
    """The assistant's form."""

    tokens_today: int = 0
    share_today: int = 0  # of the budget, in percent

    @admin_event(Action.ASSISTANT_VIEW)
    async def load(self) -> None:
        """What is stored, into the form."""
        self._take(await self._in_tenant(assistant.get))

    @admin_event(Action.ASSISTANT_EDIT)
    async def save(self, form: dict[str, Any]) -> None:
        """Store the form."""
        changes = {name: form[name] for name in LABELS if name in form}
        if "dont_do" in changes:
            changes["dont_do"] = str(changes["dont_do"]).splitlines()
        if "daily_token_budget" in changes:
            changes["daily_token_budget"] = as_number(changes["daily_token_budget"])
        await self._save(changes)

    @admin_event(Action.ASSISTANT_EDIT)
    async def keep_mine(self) -> None:
        """Store what was typed over what somebody else stored meanwhile."""
        await self._save(self._attempt, version=self._newer_version)

    @admin_event(Action.ASSISTANT_VIEW)
    async def take_theirs(self) -> None:
        """Forget what was typed."""
        self._take(await self._in_tenant(assistant.get))

    async def _save(self, changes: dict[str, Any], *, version: str = "") -> None:
        stored = await self._store(assistant.update, changes, LABELS, version=version)
        if stored is not None:
            self._take(stored)
            self._say("Saved. The next answer in every chat follows it.")

    def _take(self, stored: AssistantForm) -> None:
        self._show_values({name: as_text(getattr(stored, name)) for name in LABELS}, stored.version)
        self.tokens_today = stored.tokens_today
        self.share_today = min(100, round(100 * stored.tokens_today / max(1, stored.daily_token_budget)))


LOAD = (AssistantState.load,)


def page() -> rx.Component:
    return settings_page(
        PART, conflict_notice(AssistantState), loaded(AssistantState.loaded_for == ShellState.here.id, _form())
    )


def _form() -> rx.Component:
    return rx.el.form(
        group(
            "Conversation",
            rx.el.div(
                _area("tone", hint="For example: warm, brief and professional."),
                _area("greeting", hint="Its first words in a chat. Left empty, it greets with your name."),
                _area("escalation", rows=4),
                _area("dont_do", rows=5, hint="One rule a line, such as: Never give medical advice."),
                class_name="grid gap-4",
            ),
            hint="Prices, services, hours and FAQs it knows by itself.",
        ),
        group(
            "Model and cost",
            columns(
                _text("model", placeholder="Chosen by the platform", max_length=80),
                _text("daily_token_budget", input_mode="numeric", max_length=10),
            ),
            _usage(),
        ),
        save_bar(),
        key=AssistantState.form_key,
        on_submit=AssistantState.save,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-5",
    )


def _usage() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "Used today: ", AssistantState.tokens_today.to_string(), " tokens (", AssistantState.share_today, " %)",
            class_name=styles.HINT,
        ),
        rx.el.div(
            rx.el.div(style={"width": AssistantState.share_today.to_string() + "%"}, class_name="h-full bg-brand"),
            aria_hidden="true",
            class_name="mt-2 h-2 overflow-hidden rounded-full bg-sunken",
        ),
        class_name="mt-4",
    )  # fmt: skip


def _area(name: str, *, rows: int = 2, hint: str = "") -> rx.Component:
    return area_field(
        name, LABELS[name], value=AssistantState.values[name], errors=AssistantState.errors, rows=rows, hint=hint
    )


def _text(name: str, **props: Any) -> rx.Component:
    return text_field(name, LABELS[name], value=AssistantState.values[name], errors=AssistantState.errors, **props)
