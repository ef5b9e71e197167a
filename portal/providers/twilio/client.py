"""The calls, through the vendor's SDK; its requests go out over our own connections, with our time limits.

Every method raises MessagingUnavailable or MessagingBusy when nothing happened and asking again can help,
CredentialsRefused when the account is not accepted, and ProviderRefused (``provider_code`` is Twilio's) for other
refusals. ``send`` raises OutcomeUnknown too: Twilio has no idempotency keys, so look with ``find`` before asking again.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import phonenumbers
from pydantic import TypeAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from portal.core.errors import OutcomeUnknown, ProviderUnavailable
from portal.core.settings import get_settings
from portal.providers import http
from portal.providers.twilio import errors, shapes
from portal.providers.twilio.errors import MessageNotFound, MessagingUnavailable, SenderRefused
from portal.providers.twilio.shapes import A2pStatus, Account, Message, Sender, Service
from portal.providers.twilio.transport import Transport

PAGE_SIZE: Final = 100
MAX_PAGES: Final = 10

CAMPAIGNS: Final = {
    "VERIFIED": A2pStatus.APPROVED,
    "PENDING": A2pStatus.PENDING,
    "IN_PROGRESS": A2pStatus.PENDING,
    "FAILED": A2pStatus.REJECTED,
    "SUSPENDED": A2pStatus.REJECTED,
}
T = TypeVar("T")


class TwilioClient:
    """One Twilio account. Cheap to make: connections are shared by the whole process."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        messaging_service_sid: str | None = None,
        *,
        base_url: str | None = None,
        messaging_base_url: str | None = None,
    ) -> None:
        settings = get_settings()
        self.account_sid, self.messaging_service_sid = account_sid, messaging_service_sid
        # For checking the signatures of this account's webhooks.
        self.auth_token = auth_token
        self._base_url = base_url or settings.twilio_base_url
        transport = Transport(api=self._base_url, messaging=messaging_base_url or settings.twilio_messaging_base_url)
        self._api = Client(account_sid, auth_token, http_client=transport)

    def __repr__(self) -> str:
        return f"TwilioClient({self._base_url})"

    # --- Account -----------------------------------------------------------------------------------------------------

    def account(self) -> Account:
        """Whose credentials these are; the cheapest way to check them."""
        return _one(shapes.ACCOUNT, lambda: self._api.api.v2010.accounts(self.account_sid).fetch())

    def services(self) -> list[Service]:
        """The account's messaging services (the first hundred)."""
        return _all(shapes.SERVICES, lambda: self._api.messaging.v1.services.page(page_size=PAGE_SIZE))

    def service(self) -> Service:
        """The messaging service that is sent with. Raises MessageNotFound, SenderRefused without one."""
        return _one(shapes.SERVICE, self._service().fetch)

    def receive_at(self, url: str) -> Service:
        """Have answers (STOP among them) told to this address of ours. Saying it again is harmless."""
        change = self._service().update
        return _one(
            shapes.SERVICE, lambda: change(inbound_request_url=url, inbound_method="POST"), otherwise=OutcomeUnknown
        )

    def a2p_status(self) -> A2pStatus:
        """Whether US carriers take what this service sends. Raises MessageNotFound, SenderRefused without a service."""
        service = self._service()
        campaigns = _all(shapes.CAMPAIGNS, service.us_app_to_person.page)
        found = {CAMPAIGNS.get(each.campaign_status.upper(), A2pStatus.UNKNOWN) for each in campaigns}
        for status in (A2pStatus.APPROVED, A2pStatus.PENDING, A2pStatus.REJECTED):
            if status in found:
                return status
        senders = _all(shapes.SENDERS, lambda: service.phone_numbers.page(page_size=PAGE_SIZE))
        return A2pStatus.NOT_NEEDED if senders and not _has_us_long_code(senders) else A2pStatus.UNKNOWN

    # --- Messages ----------------------------------------------------------------------------------------------------

    def send(self, to: str, body: str, *, status_callback: str | None = None) -> Message:
        """Send a text message to an E.164 number through the messaging service.

        Raises OptedOut, UnreachablePhone, SenderRefused, OutcomeUnknown.
        """
        values: dict[str, Any] = {"to": to, "body": body, "messaging_service_sid": self._service_sid()}
        if status_callback is not None:
            values["status_callback"] = status_callback
        return _one(shapes.MESSAGE, lambda: self._api.messages.create(**values), otherwise=OutcomeUnknown)

    def find(self, to: str, *, since: datetime) -> list[Message]:
        """What was sent to a phone and created in the second of ``since`` or later, newest first.

        Not asked by ``DateSent``: a message that waits at Twilio has no such date yet, and it is the one looked for.
        """
        found: dict[str, Message] = {}
        second = since.replace(microsecond=0)
        page = _asked(lambda: self._api.messages.page(to=to, page_size=PAGE_SIZE))
        for _ in range(MAX_PAGES):
            listed = _listed(shapes.MESSAGES, page)
            recent = [message for message in listed if message.created_at is None or message.created_at >= second]
            found |= {message.sid: message for message in recent if message.direction.startswith("outbound")}
            page = _asked(page.next_page) if recent else None
            if page is None:
                break
        return list(found.values())

    def fetch(self, sid: str) -> Message:
        """Raises MessageNotFound."""
        if not sid.isalnum():
            raise MessageNotFound(provider_status=404)
        return _one(shapes.MESSAGE, lambda: self._api.messages(sid).fetch())

    # --- Plumbing ----------------------------------------------------------------------------------------------------

    def _service_sid(self) -> str:
        if self.messaging_service_sid is None:
            raise SenderRefused(provider_code="21703")
        return self.messaging_service_sid

    def _service(self) -> Any:
        return self._api.messaging.v1.services(self._service_sid())


def platform_client() -> TwilioClient | None:
    """The platform's own account; None where there is none."""
    settings = get_settings()
    if not (settings.twilio_account_sid and settings.twilio_auth_token):
        return None
    token = settings.twilio_auth_token.get_secret_value()
    return TwilioClient(settings.twilio_account_sid, token, settings.twilio_messaging_service_sid)


def _has_us_long_code(senders: Iterable[Sender]) -> bool:
    """Toll-free numbers, short codes and numbers of other countries need no such registration."""
    return any(each.country_code == "US" and _is_long_code(each.phone_number) for each in senders)


def _is_long_code(number: str) -> bool:
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return True
    return kind != phonenumbers.PhoneNumberType.TOLL_FREE


Failure = type[ProviderUnavailable] | type[OutcomeUnknown]


def _one(shape: TypeAdapter[T], ask: Callable[[], Any], *, otherwise: Failure = MessagingUnavailable) -> T:
    """What was asked, in our words; ``otherwise`` is raised for an answer that is none."""
    return http.parsed(shape, _fields(_asked(ask, otherwise)), otherwise)


def _all(shape: TypeAdapter[list[T]], ask: Callable[[], Any]) -> list[T]:
    """A page of what was asked."""
    return _listed(shape, _asked(ask))


def _listed(shape: TypeAdapter[list[T]], page: Any) -> list[T]:
    found = _asked(lambda: list(page))
    return http.parsed(shape, [_fields(each) for each in found], MessagingUnavailable)


def _asked(ask: Callable[[], Any], otherwise: Failure = MessagingUnavailable) -> Any:
    try:
        return ask()
    except TwilioRestException as error:
        # Not chained: its sentence may hold the phone number.
        raise errors.refusal(error.status, error.code) from None
    except (TwilioException, LookupError, TypeError, AttributeError, ValueError):
        # The SDK reads what it got without a look whether it is what it should be.
        raise otherwise from None


def _fields(found: Any) -> Mapping[str, Any]:
    return {name: value for name, value in vars(found).items() if not name.startswith("_")}
