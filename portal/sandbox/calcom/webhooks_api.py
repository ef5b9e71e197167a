"""Subscriptions to booking events: ``/v2/webhooks``."""

from __future__ import annotations

from typing import Any

from portal.sandbox.calcom.errors import CalcomError
from portal.sandbox.calcom.protocol import Call, Operation, Reply, success
from portal.sandbox.calcom.store import Store, Webhook, new_uuid

TRIGGERS = (
    "BOOKING_CREATED",
    "BOOKING_PAYMENT_INITIATED",
    "BOOKING_PAID",
    "BOOKING_RESCHEDULED",
    "BOOKING_REQUESTED",
    "BOOKING_CANCELLED",
    "BOOKING_REJECTED",
    "BOOKING_NO_SHOW_UPDATED",
    "FORM_SUBMITTED",
    "MEETING_ENDED",
    "MEETING_STARTED",
    "RECORDING_READY",
    "INSTANT_MEETING",
    "RECORDING_TRANSCRIPTION_GENERATED",
    "OOO_CREATED",
    "AFTER_HOSTS_CAL_VIDEO_NO_SHOW",
    "AFTER_GUESTS_CAL_VIDEO_NO_SHOW",
    "FORM_SUBMITTED_NO_EVENT",
    "DELEGATION_CREDENTIAL_ERROR",
)
FIELD_TYPES = {"active": bool, "subscriberUrl": str, "secret": str, "payloadTemplate": str, "version": str}
TYPE_WORDS: dict[type, tuple[str, str]] = {
    bool: ("isBoolean", "{name} must be a boolean value"),
    str: ("isString", "{name} must be a string"),
}


class WebhooksApi:
    """Webhooks belong to the key's account. These calls take no version header."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def paths(self) -> dict[str, dict[str, Operation]]:
        return {
            "/v2/webhooks": {
                "GET": Operation(self.list_webhooks, needs_key=True),
                "POST": Operation(self.create, needs_key=True),
            },
            "/v2/webhooks/{id}": {
                "GET": Operation(self.get, needs_key=True),
                "PATCH": Operation(self.change, needs_key=True),
                "DELETE": Operation(self.delete, needs_key=True),
            },
        }

    async def list_webhooks(self, call: Call) -> Reply:
        return success([self._view(call, hook) for hook in self._owned(call)])

    async def create(self, call: Call) -> Reply:
        fields = call.fields
        _check(fields, required=("active", "subscriberUrl", "triggers"))
        self._refuse_same_url(call, fields["subscriberUrl"], beside=None)
        hook = Webhook(
            id=new_uuid(),
            account_key=call.owner.key,
            subscriber_url=fields["subscriberUrl"],
            triggers=list(fields["triggers"]),
            active=fields["active"],
            secret=fields.get("secret"),
            payload_template=fields.get("payloadTemplate"),
            version=fields.get("version"),
        )
        self._store.webhooks[hook.id] = hook
        return success(self._view(call, hook), status=201)

    async def get(self, call: Call) -> Reply:
        return success(self._view(call, self._named(call)))

    async def change(self, call: Call) -> Reply:
        hook, fields = self._named(call), call.fields
        _check(fields, required=())
        self._refuse_same_url(call, fields.get("subscriberUrl"), beside=hook.id)
        hook.subscriber_url = fields.get("subscriberUrl", hook.subscriber_url)
        hook.triggers = list(fields.get("triggers", hook.triggers))
        hook.active = fields.get("active", hook.active)
        hook.secret = fields.get("secret", hook.secret)
        hook.payload_template = fields.get("payloadTemplate", hook.payload_template)
        hook.version = fields.get("version", hook.version)
        return success(self._view(call, hook))

    async def delete(self, call: Call) -> Reply:
        hook = self._named(call)
        del self._store.webhooks[hook.id]
        return success(self._view(call, hook))

    def _owned(self, call: Call) -> list[Webhook]:
        """Newest first, as the server lists them."""
        owned = [hook for hook in self._store.webhooks.values() if hook.account_key == call.owner.key]
        return owned[::-1]

    def _named(self, call: Call) -> Webhook:
        hook = self._store.webhooks.get(call.path["id"])
        if hook is None:
            raise CalcomError(404, f"Webhook ({call.path['id']}) not found")
        if hook.account_key != call.owner.key:
            raise CalcomError(403, "User is not the owner of this webhook")
        return hook

    def _refuse_same_url(self, call: Call, url: str | None, *, beside: str | None) -> None:
        if any(hook.subscriber_url == url and hook.id != beside for hook in self._owned(call)):
            raise CalcomError(409, "Webhook with this subscriber url already exists for this user")

    def _view(self, call: Call, hook: Webhook) -> dict[str, Any]:
        return {
            "id": hook.id,
            "payloadTemplate": hook.payload_template,
            "triggers": hook.triggers,
            "subscriberUrl": hook.subscriber_url,
            "active": hook.active,
            "secret": hook.secret,
            "userId": call.owner.owner.id,
        }


def _check(fields: dict[str, Any], *, required: tuple[str, ...]) -> None:
    """Refuse wrong fields with the long list of reasons that this one resource answers with."""
    reasons: dict[str, dict[str, str]] = {}
    for name, kind in FIELD_TYPES.items():
        if (name in fields or name in required) and not isinstance(fields.get(name), kind):
            rule, words = TYPE_WORDS[kind]
            reasons[name] = {rule: words.format(name=name)}
    triggers = fields.get("triggers")
    known = isinstance(triggers, list) and all(trigger in TRIGGERS for trigger in triggers)
    if ("triggers" in fields or "triggers" in required) and not known:
        allowed = ", ".join(TRIGGERS)
        reasons["triggers"] = {"isEnum": f"each value in triggers must be one of the following values: {allowed}"}
    if reasons:
        errors: list[dict[str, Any]] = [
            {"target": fields, "value": fields.get(name), "property": name, "children": [], "constraints": constraints}
            for name, constraints in reasons.items()
        ]
        raise CalcomError(400, "Bad Request Exception", details={"errors": errors})
