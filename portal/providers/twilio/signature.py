"""``X-Twilio-Signature``: HMAC-SHA1 with the auth token over the public address and the form's sorted fields."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def is_signed(auth_token: str, url: str, fields: Iterable[tuple[str, str]], signature: str) -> bool:
    """Whether Twilio signed this request, compared in constant time.

    ``url`` is the address as Twilio knows it: scheme and host of the outside, path and query as they came. Whether it
    counts a port that goes without saying varies, so the address is tried with and without it.
    """
    pairs = sorted(set(fields))
    given = signature.encode()
    return any(hmac.compare_digest(sign(auth_token, each, pairs).encode(), given) for each in _spellings(url))


def sign(auth_token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """The signature of a request; of a field that comes several times, each different value counts once."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def _spellings(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    default = DEFAULT_PORTS.get(parts.scheme)
    if parts.port is None:
        return url, parts._replace(netloc=f"{parts.netloc}:{default}").geturl()
    return url, parts._replace(netloc=parts.netloc.removesuffix(f":{default}")).geturl()
