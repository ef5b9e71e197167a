"""The calls. Reads repeat themselves; a message is sent once, and looked for when the answer is lost.

Every method raises MessagingUnavailable or MessagingBusy when nothing happened and asking again can help,
CredentialsRefused when the account is not accepted, and ProviderRefused (``provider_code`` is Twilio's) for other
refusals. ``send`` raises OutcomeUnknown too: Twilio has no idempotency keys, so look with ``find`` before asking again.
"""

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx
import phonenumbers
from pydantic import TypeAdapter

from portal.core.errors import OutcomeUnknown
from portal.core.settings import get_settings
from portal.providers import http
from portal.providers.twilio import errors, shapes
from portal.providers.twilio.errors import MessageNotFound, MessagingBusy, MessagingUnavailable, SenderRefused
from portal.providers.twilio.shapes import A2pStatus, Account, Message, Sender, Service

API: Final = "2010-04-01"
READ_SECONDS: Final = 10.0
WRITE_SECONDS: Final = 20.0
PAGE_SIZE: Final = 100
MAX_PAGES: Final = 10

FAILURES: Final = http.Failures(unavailable=MessagingUnavailable, busy=MessagingBusy)
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
        self._authorization = "Basic " + base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._base_url = (base_url or settings.twilio_base_url).rstrip("/")
        self._messaging_base_url = (messaging_base_url or settings.twilio_messaging_base_url).rstrip("/")

    def __repr__(self) -> str:
        return f"TwilioClient({self._base_url})"

    # --- Account -----------------------------------------------------------------------------------------------------

    def account(self) -> Account:
        """Whose credentials these are; the cheapest way to check them."""
        return self._read(f"{self._base_url}/{API}/Accounts/{self.account_sid}.json", shapes.ACCOUNT)

    def services(self) -> list[Service]:
        """The account's messaging services (the first hundred)."""
        url = f"{self._messaging_base_url}/v1/Services"
        return self._read(url, shapes.SERVICES, params={"PageSize": PAGE_SIZE}, key="services")

    def service(self) -> Service:
        """The messaging service that is sent with. Raises MessageNotFound, SenderRefused without one."""
        return self._read(self._service_url(), shapes.SERVICE)

    def receive_at(self, url: str) -> Service:
        """Have answers (STOP among them) told to this address of ours. Saying it again is harmless."""
        call = self._call("POST", self._service_url(), form={"InboundRequestUrl": url, "InboundMethod": "POST"})
        return http.parsed(shapes.SERVICE, http.fields(self._answered(call)), OutcomeUnknown)

    def a2p_status(self) -> A2pStatus:
        """Whether US carriers take what this service sends. Raises MessageNotFound, SenderRefused without a service."""
        url = self._service_url()
        campaigns = self._read(f"{url}/Compliance/Usa2p", shapes.CAMPAIGNS, key="compliance")
        found = {CAMPAIGNS.get(each.campaign_status.upper(), A2pStatus.UNKNOWN) for each in campaigns}
        for status in (A2pStatus.APPROVED, A2pStatus.PENDING, A2pStatus.REJECTED):
            if status in found:
                return status
        senders = self._read(f"{url}/PhoneNumbers", shapes.SENDERS, params={"PageSize": PAGE_SIZE}, key="phone_numbers")
        return A2pStatus.NOT_NEEDED if senders and not _has_us_long_code(senders) else A2pStatus.UNKNOWN

    # --- Messages ----------------------------------------------------------------------------------------------------

    def send(self, to: str, body: str, *, status_callback: str | None = None) -> Message:
        """Send a text message to an E.164 number through the messaging service.

        Raises OptedOut, UnreachablePhone, SenderRefused, OutcomeUnknown.
        """
        form = {"To": to, "Body": body, "MessagingServiceSid": self._service_sid()}
        if status_callback is not None:
            form["StatusCallback"] = status_callback
        call = self._call("POST", self._messages_url(), form=form)
        return http.parsed(shapes.MESSAGE, http.fields(self._answered(call)), OutcomeUnknown)

    def find(self, to: str, *, since: datetime) -> list[Message]:
        """What was sent to a phone and created in the second of ``since`` or later, newest first.

        Not asked by ``DateSent``: a message that waits at Twilio has no such date yet, and it is the one looked for.
        """
        found: dict[str, Message] = {}
        second = since.replace(microsecond=0)
        params: Mapping[str, str | int] | None = {"To": to, "PageSize": PAGE_SIZE}
        for _ in range(MAX_PAGES):
            call = self._call("GET", self._messages_url(), params=params)
            body = http.fields(self._answered(call))
            page = http.parsed(shapes.MESSAGES, body.get("messages"), MessagingUnavailable)
            recent = [message for message in page if message.created_at is None or message.created_at >= second]
            found |= {message.sid: message for message in recent if message.direction.startswith("outbound")}
            params = _following(body.get("next_page_uri"))
            if not recent or params is None:
                break
        return list(found.values())

    def fetch(self, sid: str) -> Message:
        """Raises MessageNotFound."""
        if not sid.isalnum():
            raise MessageNotFound(provider_status=404)
        return self._read(f"{self._base_url}/{API}/Accounts/{self.account_sid}/Messages/{sid}.json", shapes.MESSAGE)

    # --- Plumbing ----------------------------------------------------------------------------------------------------

    def _messages_url(self) -> str:
        return f"{self._base_url}/{API}/Accounts/{self.account_sid}/Messages.json"

    def _service_sid(self) -> str:
        if self.messaging_service_sid is None:
            raise SenderRefused(provider_code="21703")
        return self.messaging_service_sid

    def _service_url(self) -> str:
        return f"{self._messaging_base_url}/v1/Services/{self._service_sid()}"

    def _read(
        self, url: str, shape: TypeAdapter[T], *, params: Mapping[str, str | int] | None = None, key: str | None = None
    ) -> T:
        body = http.fields(self._answered(self._call("GET", url, params=params)))
        return http.parsed(shape, body if key is None else body.get(key), MessagingUnavailable)

    def _call(self, method: str, url: str, **rest: Any) -> http.Call:
        headers = http.json_headers(self._authorization)
        is_write = method != "GET"
        seconds = WRITE_SECONDS if is_write else READ_SECONDS
        return http.Call(method, url, headers, read_seconds=seconds, is_write=is_write, **rest)

    def _answered(self, call: http.Call) -> httpx.Response:
        answer = http.perform(call, failures=FAILURES, watch=http.Watch())
        if not answer.is_success:
            raise errors.refusal(answer)
        return answer


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


def _following(uri: Any) -> dict[str, str | int] | None:
    """The query of the next page. Only that: an address from an answer is never called with our token."""
    return dict(parse_qsl(urlsplit(uri).query)) if isinstance(uri, str) and uri else None
