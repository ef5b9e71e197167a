"""Taking a message, and its way to the phone: a little later each state, as the account's delivery has it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Mapping
from typing import Any

import phonenumbers

from portal.sandbox.twilio import segments, views
from portal.sandbox.twilio.accounts import AccountSpec, ServiceSpec
from portal.sandbox.twilio.courier import Courier
from portal.sandbox.twilio.errors import TwilioError
from portal.sandbox.twilio.store import Message, OptOut, Store

MAX_LENGTH = 1600
UNREGISTERED = 30034


class Carrier:
    """Refuses what Twilio refuses at once; everything else is taken, and may fail on the way."""

    def __init__(self, store: Store, courier: Courier) -> None:
        self._store = store
        self._courier = courier
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> int:
        """Messages that still change or whose callbacks are not all out."""
        return len(self._under_way)

    def drop_all(self) -> None:
        for task in self._under_way:
            task.cancel()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def take(self, account: AccountSpec, form: Mapping[str, str]) -> Message:
        """A new message of the API. Raises TwilioError."""
        to, body = form.get("To", ""), form.get("Body", "")
        if not to:
            raise TwilioError(21604)
        if not is_phone(to):
            raise TwilioError(21211, to)
        service, sender = _sender(account, form, to)
        if not body:
            raise TwilioError(21602)
        if len(body) > MAX_LENGTH:
            raise TwilioError(21617)
        if (refusal := self._store.behaviour(to).refuse) is not None:
            raise TwilioError(refusal, to)
        if OptOut(service.sid if service else sender, to) in self._store.opt_outs:
            raise TwilioError(21610)
        message = self._store.add(
            account,
            to=to,
            from_number=None if service else sender,
            body=body,
            direction="outbound-api",
            status="accepted" if service else "queued",
            service_sid=service.sid if service else None,
            segments=segments.count(body),
            status_callback=form.get("StatusCallback") or (service.status_callback if service else None),
        )
        self.begin(self._travel(account, message, service, sender))
        return message

    async def tell_again(self, account: AccountSpec, message: Message, status: str, *, url: str | None) -> int | None:
        """One callback out of turn; the receiver's answer."""
        address = url or message.status_callback
        return await self._courier.post(account, address, views.status_fields(message, status)) if address else None

    async def _travel(self, account: AccountSpec, message: Message, service: ServiceSpec | None, sender: str) -> None:
        final, error_code = self._end(message, service, sender)
        # What fails never left.
        states = ("queued", final) if final == "failed" else tuple(dict.fromkeys(("queued", "sent", final)))
        for status in states:
            await asyncio.sleep(account.delivery.step_ms / 1000)
            message.from_number = sender
            message.error_code = error_code if status == final else None
            message.move_to(status)
            if status == final and not account.delivery.price_delay_ms:
                _charge(account, message)
            if account.delivery.callbacks == "ordered":
                await self._tell(account, message, status)
        await self._tell_disordered(account, message, states)
        if account.delivery.price_delay_ms:
            await asyncio.sleep(account.delivery.price_delay_ms / 1000)
            _charge(account, message)

    def _end(self, message: Message, service: ServiceSpec | None, sender: str) -> tuple[str, int | None]:
        behaviour = self._store.behaviour(message.to)
        if behaviour.final == "delivered" and service and not _may_reach_us(service, sender, message.to):
            return "undelivered", UNREGISTERED
        return behaviour.final, behaviour.error_code

    async def _tell_disordered(self, account: AccountSpec, message: Message, states: tuple[str, ...]) -> None:
        orders = {"shuffled": random.sample(states, len(states)), "reversed": states[::-1]}
        for status in orders.get(account.delivery.callbacks, ()):
            await self._tell(account, message, status)

    async def _tell(self, account: AccountSpec, message: Message, status: str) -> None:
        for _ in range(account.delivery.copies):
            await asyncio.sleep(account.delivery.callback_delay_ms / 1000)
            await self._courier.tell(account, message, status)


def is_phone(value: str) -> bool:
    """Whether it is E.164 and a number that can exist."""
    try:
        return value.startswith("+") and phonenumbers.is_possible_number(phonenumbers.parse(value))
    except phonenumbers.NumberParseException:
        return False


def _sender(account: AccountSpec, form: Mapping[str, str], to: str) -> tuple[ServiceSpec | None, str]:
    """The service, if one was named, and the number that it sends from to this phone (always the same)."""
    if service_sid := form.get("MessagingServiceSid"):
        service = account.service(service_sid)
        if service is None:
            raise TwilioError(21701)
        if not service.numbers:
            raise TwilioError(21703)
        return service, service.numbers[int(to[1:]) % len(service.numbers)]
    sender = form.get("From", "")
    if not sender:
        raise TwilioError(21603)
    if not account.owns(sender):
        raise TwilioError(21606, sender)
    return account.service_of(sender), sender


def _may_reach_us(service: ServiceSpec, sender: str, to: str) -> bool:
    """US carriers take messages from a US long code only where its service is registered."""
    if service.campaign_status == "VERIFIED" or not _region(sender) == _region(to) == "US":
        return True
    return phonenumbers.number_type(phonenumbers.parse(sender)) == phonenumbers.PhoneNumberType.TOLL_FREE


def _region(number: str) -> str | None:
    return phonenumbers.region_code_for_number(phonenumbers.parse(number))


def _charge(account: AccountSpec, message: Message) -> None:
    """A message that never left costs nothing."""
    message.price_micros = 0 if message.status == "failed" else account.price_micros * message.segments
