"""The SDK's way out: our own connections, time limits and base addresses."""

import base64
import logging
from typing import Any, Final
from urllib.parse import urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response

from portal.core.errors import OutcomeUnknown
from portal.providers import http
from portal.providers.twilio.errors import MessagingBusy, MessagingUnavailable

READ_SECONDS: Final = 10.0
WRITE_SECONDS: Final = 20.0
FAILURES: Final = http.Failures(unavailable=MessagingUnavailable, busy=MessagingBusy)

# It writes addresses, which hold phone numbers.
logging.getLogger("twilio").setLevel(logging.WARNING)


class Transport(HttpClient):  # type: ignore[misc]
    """Sends what the SDK asks for to the given addresses. A call to any other host than Twilio's two is not made."""

    def __init__(self, *, api: str, messaging: str) -> None:
        super().__init__(logging.getLogger("twilio"), False)
        self._addresses = {"api.twilio.com": api.rstrip("/"), "messaging.twilio.com": messaging.rstrip("/")}

    def request(
        self, method: str, uri: str, params: Any = None, data: Any = None, *rest: Any, auth: Any = None, **_: Any
    ) -> Response:
        """Any answer but 429 and 5xx. Raises MessagingUnavailable, MessagingBusy and, for a write, OutcomeUnknown."""
        is_write = method != "GET"
        call = http.Call(
            method,
            self._address(uri),
            http.json_headers(_basic(*auth)),
            params=params or None,
            form=data if is_write else None,
            read_seconds=WRITE_SECONDS if is_write else READ_SECONDS,
            is_write=is_write,
        )
        answer = http.perform(call, failures=FAILURES, watch=http.Watch())
        if answer.is_success and not http.fields(answer):
            raise OutcomeUnknown if is_write else MessagingUnavailable
        return Response(answer.status_code, answer.text, answer.headers)

    def _address(self, uri: str) -> str:
        """Where next pages are comes from an answer: our token goes nowhere else because of it."""
        parts = urlsplit(uri)
        base = self._addresses.get(parts.netloc)
        if parts.scheme != "https" or base is None:
            raise MessagingUnavailable
        return base + uri.removeprefix(f"https://{parts.netloc}")


def _basic(account_sid: str, auth_token: str) -> str:
    return "Basic " + base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
