"""``X-Twilio-Signature``: HMAC-SHA1 with the auth token over the public address and the form's sorted fields."""

from collections.abc import Iterable

from twilio.request_validator import RequestValidator


class _Form(dict[str, list[str]]):
    """Fields as they came, in the way in which the SDK asks for those that came several times."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in fields:
            self.setdefault(name, []).append(value)

    def getall(self, name: str) -> list[str]:
        return self[name]


def is_signed(auth_token: str, url: str, fields: Iterable[tuple[str, str]], signature: str) -> bool:
    """Whether Twilio signed this request.

    ``url`` is the address as Twilio knows it: scheme and host of the outside, path and query as they came. Whether it
    counts a port that goes without saying varies, so the address is tried with and without it.
    """
    return bool(RequestValidator(auth_token).validate(url, _Form(fields), signature))
