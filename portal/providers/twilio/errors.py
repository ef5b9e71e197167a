"""What Twilio's refusals mean, by their code. Its sentences hold phone numbers: they are never passed on."""

from typing import Final

import httpx

from portal.core.errors import ProviderRefused, ProviderUnavailable


class MessagingUnavailable(ProviderUnavailable):
    """Twilio could not be reached or failed, surely without effect."""

    reason = "messaging_unavailable"
    default = "The message service cannot be reached right now. Please try again in a moment."


class MessagingBusy(ProviderUnavailable):
    """Too many requests (20429): nothing was sent."""

    reason = "messaging_busy"
    default = "The message service is very busy right now. Please try again in a few seconds."


class CredentialsRefused(ProviderRefused):
    """Account SID and auth token are not (or no longer) accepted, or the account is closed or suspended."""

    reason = "messaging_credentials_refused"


class OptedOut(ProviderRefused):
    """The person sent STOP (21610): nothing more may be sent until they send START."""

    reason = "opted_out"


class UnreachablePhone(ProviderRefused):
    """This phone cannot be texted: no such number, a landline, or a country that the account may not text."""

    reason = "unreachable_phone"


class SenderRefused(ProviderRefused):
    """The messaging service does not exist, or has nothing to send from."""

    reason = "sender_refused"


class MessageNotFound(ProviderRefused):
    """There is no such message (or service)."""

    reason = "message_not_found"


KINDS: Final[dict[int, type[ProviderRefused]]] = {
    **dict.fromkeys((20003, 20005, 20006), CredentialsRefused),
    21610: OptedOut,
    **dict.fromkeys((21211, 21214, 21217, 21265, 21408, 21612, 21614, 21635), UnreachablePhone),
    **dict.fromkeys((21212, 21603, 21606, 21659, 21701, 21703, 21704, 21705, 21712), SenderRefused),
    20404: MessageNotFound,
}


def refusal(status: int, code: int | None) -> ProviderRefused:
    """The error for a 4xx answer; ``provider_code`` is Twilio's code as text, empty when it named none."""
    # The SDK takes the status for the code where there was none.
    code = code if isinstance(code, int) and code != status else 0
    kind = KINDS.get(code, ProviderRefused)
    if kind is ProviderRefused and status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        kind = CredentialsRefused
    if kind is ProviderRefused and status == httpx.codes.NOT_FOUND:
        kind = MessageNotFound
    return kind(provider_status=status, provider_code=str(code or ""))
