"""Handlers of a request's card: its customer corrects it there, and says whether they want texts."""

from typing import Any
from uuid import UUID

import reflex as rx

from portal.assistant import correcting
from portal.core import threads
from portal.core.errors import InvalidArgument, PortalError
from portal.domain.booking import Correction
from portal.web.chat.state import ChatState, session_id
from portal.web.customer_details import LIMITS, field_error, field_text
from portal.web.public.focus import FocusTarget
from portal.web.public.visitor import admit

CORRECTIONS = ("chat-correct", 40, 60.0)
NO_ERRORS = dict.fromkeys(LIMITS, "")
FORM, EDIT_BUTTON = "request", "request-edit"


class RequestState(FocusTarget, ChatState):
    """The open request's form."""

    editing: str = ""  # the proposal whose form is open
    errors: rx.Field[dict[str, str]] = rx.field(default_factory=NO_ERRORS.copy)
    trouble: str = ""

    @rx.event
    async def edit(self, proposal_id: str) -> None:
        """Open the form."""
        if self._is_open(proposal_id):
            self.editing, self.errors, self.trouble = proposal_id, dict(NO_ERRORS), ""
            self._focus(f"{FORM}-name")

    @rx.event
    async def leave(self) -> None:
        """Close the form, and keep nothing of it."""
        self._close()

    @rx.event
    async def save(self, form: dict[str, Any]) -> None:
        """Store the form's fields, checked as the booking form's are."""
        if not isinstance(form, dict) or not self._is_open(self.editing):
            return
        texts = {name: field_text(name, form.get(name)) for name in LIMITS}
        country = (await self._site()).profile.country
        self.errors = {name: field_error(name, text, country) for name, text in texts.items()}
        if wrong := next((name for name, error in self.errors.items() if error), None):
            self._focus(f"{FORM}-{wrong}")
        elif await self._correct(self.editing, Correction(**texts)):
            self._close()

    @rx.event
    async def agree(self, proposal_id: str, checked: bool) -> None:
        """Tick the box or take the tick away: kept at once, so that a yes in words finds it as it is."""
        if self._is_open(proposal_id) and isinstance(checked, bool):
            await self._correct(proposal_id, Correction(consent_sms=checked))

    async def _correct(self, proposal_id: str, correction: Correction) -> bool:
        """Whether it was stored; if not, why not is told on the card."""
        self.trouble = ""
        access = await self._access(session_id(self.session))
        try:
            await admit(access.tenant, self.router.session.client_ip, CORRECTIONS)
            card = await threads.run(correcting.correct, access, UUID(proposal_id), correction)
        except InvalidArgument as error:
            named = error.details.get("field")
            if named in LIMITS:
                self.errors = {**self.errors, named: error.message}
                self._focus(f"{FORM}-{named}")
            else:
                self.trouble = error.message
            return False
        except PortalError as error:
            self.trouble = error.message
            return False
        self._wait_for(card)
        return True

    def _is_open(self, proposal_id: object) -> bool:
        is_named = isinstance(proposal_id, str) and bool(proposal_id)
        return is_named and proposal_id == self.open_proposal and not self.is_busy

    def _close(self) -> None:
        self.editing, self.trouble = "", ""
        self._focus(EDIT_BUTTON)
