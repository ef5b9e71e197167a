"""``X-Twilio-Signature``: HMAC-SHA1 with the auth token over the address and the form's sorted fields."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping


def sign(auth_token: str, url: str, fields: Mapping[str, str]) -> str:
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
