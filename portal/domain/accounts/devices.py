"""Browsers that somebody signed in with before, and how often who may try.

Such a browser keeps a signed cookie for each account, which names browser and account. It opens nothing: it only gives
the browser counts of its own, so that strangers' wrong passwords slow strangers, not the account's owner. The account
is named by a keyed digest of its address, so nothing is looked up: one without an account is counted by the same work.
"""

import hashlib
import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from portal.core import limits, secrets
from portal.core.auth import Principal, new_token
from portal.core.errors import Forbidden, RateLimited
from portal.core.limits import Allowance, Bucket
from portal.core.secrets import derived_key
from portal.domain.accounts.sessions import Device, DeviceCookie

COOKIE_PREFIX: Final = "portal_device_"
PURPOSE: Final = "device"
LIFETIME_SECONDS: Final = 400 * 86_400
LONGEST, MOST = 1000, 20
Rate = tuple[int, float]  # how often, in so many seconds


@dataclass(frozen=True)
class Bounds:
    """How often something may be tried.

    For one account by one browser, or by one stranger (``each``); for one account by all strangers; from one address
    for all accounts.
    """

    each: Rate
    strangers: Rate
    address: Rate


def name_device(email: str) -> DeviceCookie:
    """A new name for a browser with which the owner of this address just signed in."""
    account = digest(email)
    value = secrets.sign(PURPOSE, {"d": new_token(), "o": account}, ttl_seconds=LIFETIME_SECONDS)
    return DeviceCookie(COOKIE_PREFIX + account[:12], value)


def known_device(device: Device, email: str) -> str | None:
    """The name of a browser that this address's owner signed in with before; None: a stranger."""
    for value in device.known_as[:MOST]:
        with suppress(Forbidden):
            claims = secrets.verify(PURPOSE, value[:LONGEST])
            if hmac.compare_digest(str(claims.get("o")), digest(email)):
                return str(claims.get("d"))
    return None


def count_try(action: str, bounds: Bounds, email: str, device: Device) -> list[Bucket]:
    """Count one try for an account; returns the counts that a right answer ends. Raises RateLimited."""
    own = known_device(device, email)
    account = digest(email)
    if own is not None:
        buckets = [Bucket(f"{action}:device:{own}", *bounds.each)]
        # Its owner may be at an address from which others guess: those with a browser of theirs are counted apart.
        whole = Bucket(f"{action}:known-ip:{device.ip_hash}", *bounds.address)
    else:
        buckets = [
            Bucket(f"{action}:stranger:{account}:{device.ip_hash}", *bounds.each),
            Bucket(f"{action}:email:{account}", *bounds.strangers),
        ]
        whole = Bucket(f"{action}:ip:{device.ip_hash}", *bounds.address)
    refuse(limits.take_many([whole, *buckets]))
    return buckets


def count_own_try(action: str, bounds: Bounds, principal: Principal) -> list[Bucket]:
    """The same for somebody signed in: their session has a count of its own. Raises RateLimited."""
    buckets = [Bucket(f"{action}:session:{principal.session_id}", *bounds.each)]
    refuse(limits.take_many(buckets))
    return buckets


def refuse(allowance: Allowance) -> None:
    """Raises RateLimited unless allowed."""
    if not allowance.allowed:
        raise RateLimited("Too many attempts. Please wait a while.", retry_after_seconds=allowance.retry_after_seconds)


def digest(email: str) -> str:
    """A stand-in for an e-mail address in Redis and cookies."""
    return hmac.new(derived_key("sign-in"), email.strip().lower().encode(), hashlib.sha256).hexdigest()[:32]
