"""The second factor for those who turn it on: time-based codes (TOTP), and recovery codes for a lost phone."""

import base64
import hashlib
import hmac
import re
import secrets as random
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import pyotp
import segno

from portal.core import db, secrets
from portal.core.auth import Principal
from portal.core.clock import now
from portal.core.errors import Conflict, Unauthenticated
from portal.core.settings import get_settings
from portal.domain.accounts import devices
from portal.domain.accounts.devices import Bounds

SEALED_NAME: Final = "totp"
STEP_SECONDS: Final = 30
# A code of the step before or after counts too: clocks differ, and people type slowly.
DRIFT: Final = (-1, 0, 1)
RECOVERY_CODES: Final = 10
#: Tries of a code; those who know the password but are at a browser nobody knows count together.
CODES: Final = Bounds(each=(5, 300.0), strangers=(5, 300.0), address=(60, 300.0))
DIGITS: Final = re.compile(r"\d{6}")


class WrongCode(Unauthenticated):
    reason = "wrong_code"
    default = "This code is not right, or was used already. Please enter the next one."


class AlreadyOn(Conflict):
    reason = "second_factor_on"
    default = "The second factor is on already."


class NotBegun(Conflict):
    reason = "second_factor_not_begun"
    default = "Please scan the code first."


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app needs: the secret as text, as an ``otpauth:`` address, and as a QR code (data: SVG)."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr_code: str = field(repr=False)


def begin(principal: Principal) -> Enrolment:
    """A new secret, not yet in force. Raises AlreadyOn. Ask for the password first."""
    secret = pyotp.random_base32()
    sealed = secrets.seal(principal.user_id, SEALED_NAME, secret)
    with db.identity().begin() as scope:
        if not scope.execute(
            "select portal.begin_totp(:user, :sealed)", user=principal.user_id, sealed=sealed
        ).scalar():
            raise AlreadyOn
    uri = pyotp.TOTP(secret).provisioning_uri(principal.email, issuer_name=get_settings().base_domain)
    return Enrolment(secret, uri, segno.make(uri, error="m").svg_data_uri(scale=4, border=2))


def confirm(principal: Principal, code: str) -> tuple[str, ...]:
    """Turn it on with a first code; returns the recovery codes, shown this once.

    Raises WrongCode, NotBegun, RateLimited.
    """
    devices.count_own_try("second-factor", CODES, principal)
    secret, enabled = _secret_of(principal.user_id)
    if enabled:
        raise AlreadyOn
    if secret is None:
        raise NotBegun
    step = _matching_step(secret, _plain(code))
    if step is None:
        raise WrongCode
    codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    hashes = [_code_hash(principal.user_id, each) for each in codes]
    with db.identity().begin() as scope:
        turned_on = scope.execute(
            "select portal.enable_totp(:user, :step, :hashes)", user=principal.user_id, step=step, hashes=hashes
        ).scalar()
        if not turned_on:
            raise AlreadyOn
        _audit(scope, principal.user_id, "account.second_factor_on")
    return codes


def turn_off(principal: Principal, code: str) -> None:
    """With a code of it or a recovery code. Raises WrongCode, RateLimited."""
    devices.count_own_try("second-factor", CODES, principal)
    check(principal.user_id, code)
    with db.identity().begin() as scope:
        scope.execute("select portal.disable_totp(:user)", user=principal.user_id)
        _audit(scope, principal.user_id, "account.second_factor_off")


def is_on(user_id: UUID) -> bool:
    return _secret_of(user_id)[1]


def check(user_id: UUID, code: str) -> None:
    """Use up a code or a recovery code; each counts once. The caller counts the tries. Raises WrongCode."""
    plain = _plain(code)
    accepted = _use_totp(user_id, plain) if DIGITS.fullmatch(plain) else _use_recovery_code(user_id, plain)
    if not accepted:
        raise WrongCode


def _use_totp(user_id: UUID, code: str) -> bool:
    secret, enabled = _secret_of(user_id)
    step = _matching_step(secret, code) if secret and enabled else None
    if step is None:
        return False
    with db.identity().begin() as scope:
        return bool(scope.execute("select portal.accept_totp_step(:user, :step)", user=user_id, step=step).scalar())


def _use_recovery_code(user_id: UUID, code: str) -> bool:
    with db.identity().begin() as scope:
        used = scope.execute(
            "select portal.use_recovery_code(:user, :hash)", user=user_id, hash=_code_hash(user_id, code)
        ).scalar()
        if used:
            _audit(scope, user_id, "account.recovery_code_used")
    return bool(used)


def _matching_step(secret: str, code: str) -> int | None:
    """The time step a code belongs to; every candidate is compared, whichever matches."""
    current = int(now().timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    matches = [
        current + drift
        for drift in DRIFT
        if hmac.compare_digest(totp.at((current + drift) * STEP_SECONDS).encode(), code.encode())
    ]
    return max(matches, default=None)


def _secret_of(user_id: UUID) -> tuple[str | None, bool]:
    with db.identity().begin() as scope:
        row = scope.execute("select * from portal.totp_of(:user)", user=user_id).one_or_none()
    if row is None or row.secret is None:
        return None, False
    return secrets.open_sealed(user_id, SEALED_NAME, row.secret), bool(row.enabled)


def _recovery_code() -> str:
    """80 random bits as four groups of letters and digits."""
    text = base64.b32encode(random.token_bytes(10)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _code_hash(user_id: UUID, code: str) -> str:
    # A plain hash is enough for random codes, and outlives a change of SECRET_KEY.
    return hashlib.sha256(f"{user_id}:{_plain(code)}".encode()).hexdigest()


def _plain(code: str) -> str:
    return re.sub(r"[\s\-]", "", code).lower()


def _audit(scope: db.Scope, user_id: UUID, action: str) -> None:
    scope.execute("select portal.audit_account(:user, :action)", user=user_id, action=action)
