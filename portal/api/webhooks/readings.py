"""What can be told of an event at the door: its kind, whom it concerns, and what makes it the same as another."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl
from uuid import UUID

from portal.api.webhooks.inbox import Received
from portal.core.errors import InvalidArgument
from portal.domain import billing

KIND: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,79}")
REFERENCE: Final = re.compile(r"[\x21-\x7e]{1,255}")
UNKNOWN: Final = "UNKNOWN"
MOST_FIELDS: Final = 200


def calcom(tenant_id: UUID, body: bytes) -> Received:
    """A Cal.com event; its reference is the booking's uid. Raises InvalidArgument for what is no JSON object."""
    event = _object(body)
    inner = event.get("payload")
    # Most events wrap what they tell, those about meetings do not.
    told: Mapping[str, Any] = inner if isinstance(inner, dict) else event
    return Received(
        tenant_id=tenant_id,
        provider="calcom",
        event_type=_kind(event.get("triggerEvent")),
        body_hash=_hash(body),
        payload=body.decode(),
        provider_event_id=_reference(told.get("uid") or told.get("bookingUid")),
    )


def stripe(body: bytes) -> tuple[Received, str | None]:
    """A Stripe event, and which customer it is about. Raises InvalidArgument."""
    event = _object(body)
    event_id = _reference(event.get("id"))
    received = Received(
        tenant_id=None,
        provider="stripe",
        event_type=_kind(event.get("type")),
        # Sent again, an event may differ in what does not matter (how many deliveries are pending).
        body_hash=_hash(event_id.encode()) if event_id else _hash(body),
        payload=body.decode(),
        provider_event_id=event_id,
    )
    return received, billing.customer_of(event)


def form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form. Raises InvalidArgument."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidArgument("The body is no form.") from None


def twilio(tenant_id: UUID | None, kind: str, fields: Mapping[str, str], query: Mapping[str, str]) -> Received:
    """An event of Twilio's, ``status`` or ``inbound``. Its payload: ``{"fields": form, "query": of the address}``."""
    payload = json.dumps({"fields": dict(fields), "query": dict(query)}, sort_keys=True)
    return Received(
        tenant_id=tenant_id,
        provider="twilio",
        event_type=kind,
        body_hash=_hash(f"{kind}\n{payload}".encode()),
        payload=payload,
        provider_event_id=_reference(fields.get("MessageSid") or fields.get("SmsSid")),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidArgument("The body is no JSON object.") from None
    if not isinstance(found, dict):
        raise InvalidArgument("The body is no JSON object.")
    return found


def _refuse(_constant: str) -> NoReturn:
    raise ValueError


def _kind(value: Any) -> str:
    return value if isinstance(value, str) and KIND.fullmatch(value) else UNKNOWN


def _reference(value: Any) -> str | None:
    return value if isinstance(value, str) and REFERENCE.fullmatch(value) else None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
