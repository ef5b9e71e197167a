"""What a turn tells whoever shows it. ``name`` is the server-sent event's name, ``data()`` its JSON."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from portal.domain.booking import Details


@dataclass(frozen=True)
class Event:
    """Base of all events."""

    name: ClassVar[str]

    def data(self) -> dict[str, Any]:
        """The JSON of this event: times RFC 3339 with offset, ids as text."""
        raise NotImplementedError

    def card(self) -> dict[str, Any]:
        """As kept with a message, so that a reload shows it again."""
        return {"event": self.name, "data": self.data()}


@dataclass(frozen=True)
class Token(Event):
    """Some more of the answer's text: plain text or safe Markdown, never HTML."""

    name = "token"
    text: str

    def data(self) -> dict[str, Any]:
        return {"text": self.text}


@dataclass(frozen=True)
class Tool(Event):
    """Something is being looked up or prepared. ``status``: running, done or failed."""

    name = "tool"
    tool: str
    status: str

    def data(self) -> dict[str, Any]:
        return {"name": self.tool, "status": self.status}


@dataclass(frozen=True)
class OfferedSlot:
    """A time that may be chosen; ``start`` and ``end`` carry the business's offset, ``label`` is in words."""

    start: datetime
    end: datetime
    label: str

    def data(self) -> dict[str, str]:
        return {"start": self.start.isoformat(), "end": self.end.isoformat(), "label": self.label}


@dataclass(frozen=True)
class Slots(Event):
    """Times on offer, to be shown as buttons."""

    name = "slots"
    service_id: UUID
    service_name: str
    timezone: str
    slots: tuple[OfferedSlot, ...]

    def data(self) -> dict[str, Any]:
        return {
            "service_id": str(self.service_id),
            "service_name": self.service_name,
            "timezone": self.timezone,
            "slots": [slot.data() for slot in self.slots],
        }


@dataclass(frozen=True)
class ProposalCard(Event):
    """A change that waits for the customer's own yes, with all that it will store.

    ``kind``: create, cancel or reschedule.
    """

    name = "proposal"
    proposal_id: UUID
    kind: str
    summary: str
    expires_at: datetime
    details: Details

    def data(self) -> dict[str, Any]:
        return {
            "proposal_id": str(self.proposal_id),
            "kind": self.kind,
            "summary": self.summary,
            "expires_at": self.expires_at.isoformat(),
            "details": asdict(self.details) | {"changes": [asdict(change) for change in self.details.changes]},
        }


@dataclass(frozen=True)
class BookingCard(Event):
    """A booking as it now stands. ``uid`` is None while the calendar's answer is not known (status pending)."""

    name = "booking"
    uid: str | None
    status: str
    start: datetime
    end: datetime
    manage_url: str
    service_name: str
    when: str

    def data(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "status": self.status,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "manage_url": self.manage_url,
            "service_name": self.service_name,
            "when": self.when,
        }


@dataclass(frozen=True)
class Handoff(Event):
    """How to reach a person at the business."""

    name = "handoff"
    phone: str | None
    email: str | None

    def data(self) -> dict[str, Any]:
        return {"phone": self.phone, "email": self.email}


@dataclass(frozen=True)
class ErrorEvent(Event):
    """The turn could not be done as asked. ``message`` is one sentence for the customer."""

    name = "error"
    code: str
    message: str

    def data(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True)
class Done(Event):
    """Last of every turn. ``message_id`` is the stored answer's, or None when nothing was stored."""

    name = "done"
    message_id: UUID | None
    stop_reason: str

    def data(self) -> dict[str, Any]:
        return {"message_id": str(self.message_id) if self.message_id else None, "stop_reason": self.stop_reason}
