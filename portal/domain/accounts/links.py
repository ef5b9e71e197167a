"""Invitations and password resets: single-use links that expire.

A link's token is computed from its id with a key of this deployment, so that the worker that mails it needs no more
than the id. The database keeps its hash.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError

from portal.core import db, limits
from portal.core.auth import Principal, token_hash
from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, InvalidArgument, NotFound
from portal.core.ids import new_id
from portal.core.secrets import derived_key
from portal.core.settings import get_settings
from portal.domain.accounts import devices
from portal.domain.accounts.devices import Bounds
from portal.domain.accounts.sessions import Device, forget_sessions
from portal.domain.permissions import Action, Role, forget_memberships, require
from portal.providers import identity
from portal.providers.identity import AccountExists

INVITE_SECONDS: Final = 7 * 86_400
RESET_SECONDS: Final = 3600
# Longer than any provider takes to store a password.
LEASE_SECONDS: Final = 60
LONGEST_TOKEN: Final = 100
MAIL_JOB: Final = "mail_account_link"
INVITES_PER_HOUR: Final = 60
RESETS: Final = Bounds(each=(3, 3600.0), strangers=(6, 3600.0), address=(10, 3600.0))


class Purpose(StrEnum):
    INVITE = "invite"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose


class LinkInvalid(NotFound):
    reason = "link_invalid"
    default = "This link is not valid any more. Please ask for a new one."


class AlreadyMember(Conflict):
    reason = "already_member"
    default = "This person is a member already."


@dataclass(frozen=True)
class Link:
    """A link to hand over. Whoever holds ``url`` can use it, once, until ``expires_at``."""

    id: UUID
    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class LinkView:
    """What the page behind a link shows. With ``has_account`` one signs in instead of choosing a password."""

    purpose: Purpose
    email: str = field(repr=False)
    has_account: bool
    business_name: str | None
    role: Role | None


def invite(principal: Principal, tenant_id: UUID | None, *, email: str, role: Role) -> Link:
    """A link with which somebody joins a tenant (None: the platform's admins); mailed too when mail is set up.

    Raises Forbidden, NotFound, InvalidArgument, AlreadyMember, RateLimited.
    """
    action = Action.MEMBERS_MANAGE if tenant_id else Action.PLATFORM_ADMINS_MANAGE
    access = require(principal, tenant_id, action)
    if (role is Role.PLATFORM_ADMIN) != (tenant_id is None):
        raise InvalidArgument("This role cannot be given here.", details={"field": "role"})
    address = normalised(email)
    devices.refuse(limits.take(f"invites:{tenant_id}", capacity=INVITES_PER_HOUR, per_seconds=3600.0))
    link = _new_link(Purpose.INVITE, INVITE_SECONDS)
    with access.begin() as scope:
        outcome = scope.execute(
            "select portal.create_invite(:id, :hash, :email, :role, :lifetime)",
            id=link.id, hash=token_hash(_token(link.id)), email=address, role=role.value, lifetime=INVITE_SECONDS,
        ).scalar()  # fmt: skip
        if outcome == "member":
            raise AlreadyMember
        details = {"role": role.value, "link": link.id}
        scope.audit("member.invited", actor_type="user", target_type="invite", target_id=str(link.id), details=details)
        scope.enqueue(MAIL_JOB, link_id=link.id)
    return link


def revoke_invite(principal: Principal, tenant_id: UUID, link_id: UUID) -> None:
    """Make an unused invitation worthless. Raises NotFound."""
    access = require(principal, tenant_id, Action.MEMBERS_MANAGE)
    with access.begin() as scope:
        if not scope.execute("select portal.revoke_invite(:id)", id=link_id).scalar():
            raise NotFound
        target = str(link_id)
        scope.audit("member.invite_revoked", actor_type="user", target_type="invite", target_id=target, details={})


def create_reset_link(principal: Principal, tenant_id: UUID, user_id: UUID) -> Link:
    """A link with which a member chooses a new password.

    A tenant's admin gets one only for people who belong to no other business. Raises NotFound, Forbidden.
    """
    access = require(principal, tenant_id, Action.MEMBERS_MANAGE)
    link = _new_link(Purpose.PASSWORD_RESET, RESET_SECONDS)
    with access.begin() as scope:
        outcome = scope.execute(
            "select portal.create_reset(:id, :hash, :user, :lifetime)",
            id=link.id, hash=token_hash(_token(link.id)), user=user_id, lifetime=RESET_SECONDS,
        ).scalar()  # fmt: skip
        if outcome == "missing":
            raise NotFound
        if outcome == "elsewhere":
            raise Forbidden(
                "This person belongs to another business too: they have to ask for a new password themselves."
            )
        scope.audit(
            "member.password_reset_link", actor_type="user", target_type="user", target_id=str(user_id),
            details={"link": link.id},
        )  # fmt: skip
    return link


def request_reset(email: str, *, device: Device) -> None:
    """Mail somebody a link for a new password. Unknown addresses get the same answer after the same work.

    Raises InvalidArgument for what is no address at all, RateLimited.
    """
    address = normalised(email)
    devices.count_try("reset", RESETS, address, device)
    link = _new_link(Purpose.PASSWORD_RESET, RESET_SECONDS)
    with db.identity().begin() as scope:
        scope.execute(
            "select portal.request_reset(:email, :id, :hash, :lifetime)",
            email=address, id=link.id, hash=token_hash(_token(link.id)), lifetime=RESET_SECONDS,
        )  # fmt: skip
        scope.enqueue(MAIL_JOB, link_id=link.id)


def find_link(token: str) -> LinkView:
    """What a link is for. Raises LinkInvalid."""
    with db.identity().begin() as scope:
        row = scope.execute("select * from portal.find_link(:hash)", hash=_hash_of(token)).one_or_none()
    if row is None:
        raise LinkInvalid
    role = Role(row.role) if row.role else None
    return LinkView(Purpose(row.purpose), row.email, row.user_id is not None, row.business_name, role)


def accept_invite(
    token: str, *, signed_in: Principal | None = None, password: str | None = None, display_name: str = ""
) -> LinkView:
    """Join. Who has an account must be signed in with it: an inviter, who knows the link, must not become them.

    Everybody else chooses a password. Raises LinkInvalid, AccountExists, WeakPassword, InvalidArgument.
    """
    view = find_link(token)
    if view.purpose is not Purpose.INVITE:
        raise LinkInvalid
    if signed_in is not None and signed_in.email == view.email:
        _join(token, signed_in.user_id, None, display_name)
    elif view.has_account:
        raise AccountExists
    elif password is None:
        raise InvalidArgument("Please choose a password.", details={"field": "password"})
    else:
        with _claimed(token):
            stored = identity.provider().store_password(view.email, password, user_id=None)
            _complete(token, stored.user_id, stored.password_hash, display_name)
    forget_memberships()
    return view


def reset_password(token: str, password: str) -> LinkView:
    """Choose a new password; all sessions of the account end. Raises LinkInvalid, WeakPassword."""
    view = find_link(token)
    if view.purpose is not Purpose.PASSWORD_RESET:
        raise LinkInvalid
    with _claimed(token):
        user_id = _user_of(token)
        stored = identity.provider().store_password(view.email, password, user_id=user_id)
        _complete(token, user_id, stored.password_hash, "")
    forget_sessions()
    return view


def url_of(link_id: UUID, purpose: Purpose) -> str:
    """The address behind which a link is used. Tell it only to whom it is for."""
    page = "invite" if purpose is Purpose.INVITE else "reset"
    settings = get_settings()
    return f"{settings.public_url(settings.base_domain)}/admin/{page}?token={_token(link_id)}"


def normalised(email: str) -> str:
    """An address in the one spelling we store. Raises InvalidArgument."""
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidArgument("This is not a valid e-mail address.", details={"field": "email"}) from error


def stored_link(link_id: UUID, purpose: Purpose) -> tuple[str, Link]:
    """Hash to store, and the link to show, for a row that the caller writes itself (the command line)."""
    return token_hash(_token(link_id)), Link(
        link_id, url_of(link_id, purpose), now() + timedelta(seconds=INVITE_SECONDS)
    )


def _new_link(purpose: Purpose, seconds: int) -> Link:
    link_id = new_id()
    return Link(link_id, url_of(link_id, purpose), now() + timedelta(seconds=seconds))


def _token(link_id: UUID) -> str:
    raw = hmac.new(derived_key("links"), link_id.bytes, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _hash_of(token: str) -> str:
    if len(token) > LONGEST_TOKEN:
        raise LinkInvalid
    return token_hash(token)


@contextmanager
def _claimed(token: str) -> Iterator[None]:
    """While the body runs nobody else can use the link; when it fails the link is free again."""
    hashed = _hash_of(token)
    with db.identity().begin() as scope:
        if not scope.execute("select portal.claim_link(:hash, :lease)", hash=hashed, lease=LEASE_SECONDS).scalar():
            raise LinkInvalid
    try:
        yield
    except BaseException:
        with db.identity().begin() as scope:
            scope.execute("select portal.release_link(:hash)", hash=hashed)
        raise


def _join(token: str, user_id: UUID, password_hash: str | None, display_name: str) -> None:
    with _claimed(token):
        _complete(token, user_id, password_hash, display_name)


def _complete(token: str, user_id: UUID, password_hash: str | None, display_name: str) -> None:
    try:
        with db.identity().begin() as scope:
            done = scope.execute(
                "select portal.complete_link(:hash, :user, :password, :name)",
                hash=_hash_of(token), user=user_id, password=password_hash, name=display_name.strip(),
            ).scalar()  # fmt: skip
    except IntegrityError as error:
        # Somebody made an account with this address meanwhile.
        raise AccountExists from error
    if done is None:
        raise LinkInvalid


def _user_of(token: str) -> UUID:
    with db.identity().begin() as scope:
        row = scope.execute("select user_id from portal.find_link(:hash)", hash=_hash_of(token)).one_or_none()
    if row is None or row.user_id is None:
        raise LinkInvalid
    return UUID(str(row.user_id))
