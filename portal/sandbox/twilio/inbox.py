"""Messages from phones: the words Twilio itself obeys, its own answers, and the webhook."""

from __future__ import annotations

from portal.sandbox.twilio import segments, views
from portal.sandbox.twilio.accounts import AccountSpec, ServiceSpec
from portal.sandbox.twilio.carrier import Carrier
from portal.sandbox.twilio.courier import Courier
from portal.sandbox.twilio.store import Message, OptOut, Store

STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT", "CANCEL"})
START = frozenset({"START", "UNSTOP", "YES"})
HELP = frozenset({"HELP", "INFO"})
ANSWERS = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply STOP to unsubscribe.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


class Inbox:
    def __init__(self, store: Store, carrier: Carrier, courier: Courier) -> None:
        self._store = store
        self._carrier = carrier
        self._courier = courier

    async def receive(self, account: AccountSpec, *, to: str, phone: str, body: str, url: str | None) -> Message:
        """A phone writes to one of the account's numbers; `url` overrides the service's webhook."""
        service = account.service_of(to)
        message = self._add(account, service, to=to, phone=phone, body=body)
        kind = understood(body)
        if kind is not None:
            self._obey(kind, OptOut(service.sid if service else to, phone))
            self._answer(account, service, sender=to, phone=phone, text=ANSWERS[kind])
        if address := url or (service.inbound_request_url if service else None):
            fields = views.inbound_fields(message, kind if service and service.advanced_opt_out else None)
            self._carrier.begin(self._deliver(account, address, fields))
        return message

    async def _deliver(self, account: AccountSpec, url: str, fields: dict[str, str]) -> None:
        for _ in range(account.delivery.copies):
            await self._courier.post(account, url, fields)

    def _obey(self, kind: str, opt_out: OptOut) -> None:
        if kind == "STOP":
            self._store.opt_outs.add(opt_out)
        elif kind == "START":
            self._store.opt_outs.discard(opt_out)

    def _add(self, account: AccountSpec, service: ServiceSpec | None, *, to: str, phone: str, body: str) -> Message:
        message = self._store.add(
            account,
            to=to,
            from_number=phone,
            body=body,
            direction="inbound",
            status="received",
            service_sid=service.sid if service else None,
            segments=segments.count(body),
        )
        message.sent_at = message.created_at
        return message

    def _answer(self, account: AccountSpec, service: ServiceSpec | None, *, sender: str, phone: str, text: str) -> None:
        reply = self._store.add(
            account,
            to=phone,
            from_number=sender,
            body=text,
            direction="outbound-reply",
            status="queued",
            service_sid=service.sid if service else None,
            segments=segments.count(text),
        )
        reply.move_to("sent")
        reply.move_to("delivered")
        reply.price_micros = account.price_micros * reply.segments


def understood(body: str) -> str | None:
    """STOP, START or HELP when the whole message is such a word."""
    word = body.strip().upper()
    kinds = {"STOP": STOP, "START": START, "HELP": HELP}
    return next((kind for kind, words in kinds.items() if word in words), None)
