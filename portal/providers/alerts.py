"""A message to whatever watches over the platform: one JSON object, posted to an address of the operator's."""

from collections.abc import Mapping
from typing import Any, Final

from portal.core.errors import ProviderRefused, ProviderUnavailable
from portal.providers import http

SECONDS: Final = 5.0
FAILURES: Final = http.Failures(unavailable=ProviderUnavailable, busy=ProviderUnavailable)


def send(url: str, text: str, details: Mapping[str, Any]) -> None:
    """``text`` is a sentence, as chat tools show it. Saying it twice is harmless, so it is tried up to three times.

    Raises ProviderUnavailable, or ProviderRefused when the address does not want it.
    """
    body = {"text": text, "source": "booking-portal", **details}
    call = http.Call("POST", url, {"Accept": "*/*"}, json=body, read_seconds=SECONDS)
    answer = http.perform(call, failures=FAILURES, watch=http.Watch())
    if answer.is_error:
        raise ProviderRefused(provider_status=answer.status_code)
