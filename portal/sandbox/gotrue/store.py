"""Users, sessions and refresh tokens of the stand-in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from portal.sandbox.clock import clock
from portal.sandbox.gotrue.signing import Signer

SERVICE_KEY = "sandbox-service-key"
ANON_KEY = "sandbox-anon-key"
REUSE_SECONDS = 10


@dataclass
class User:
    email: str
    password: str | None = None
    confirmed_at: datetime | None = None
    banned: bool = False
    app_metadata: dict[str, Any] = field(default_factory=lambda: {"provider": "email", "providers": ["email"]})
    user_metadata: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid4()))
    created_at: datetime = field(default_factory=clock.now)
    last_sign_in_at: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """As the real server shows a user."""
        shown = {
            "id": self.id, "aud": "authenticated", "role": "authenticated", "email": self.email, "phone": "",
            "app_metadata": self.app_metadata, "user_metadata": self.user_metadata, "identities": [],
            "created_at": stamp(self.created_at), "updated_at": stamp(self.created_at), "is_anonymous": False,
        }  # fmt: skip
        if self.confirmed_at is not None:
            shown |= {"email_confirmed_at": stamp(self.confirmed_at), "confirmed_at": stamp(self.confirmed_at)}
        if self.last_sign_in_at is not None:
            shown["last_sign_in_at"] = stamp(self.last_sign_in_at)
        return shown


@dataclass
class Session:
    user_id: str
    id: str = field(default_factory=lambda: str(uuid4()))
    refresh_token: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    previous: str | None = None
    rotated_at: datetime = field(default_factory=clock.now)
    ended: bool = False

    def rotate(self) -> None:
        self.previous, self.refresh_token = self.refresh_token, secrets.token_urlsafe(12)
        self.rotated_at = clock.now()


class Store:
    """Everything the stand-in knows."""

    def __init__(self) -> None:
        self.signer = Signer()
        self.users: dict[str, User] = {}
        self.sessions: dict[str, Session] = {}
        self.mails: list[dict[str, str]] = []

    def reset(self) -> None:
        self.users.clear()
        self.sessions.clear()
        self.mails.clear()
        self.signer.reset()

    def seed(self, data: Any) -> None:
        """``{"users": [{"email", "password"}]}``; those who are there already stay."""
        for entry in data.get("users", []):
            if self.by_email(entry["email"]) is None:
                self.add(User(entry["email"].lower(), entry.get("password"), clock.now()))

    def add(self, user: User) -> User:
        self.users[user.id] = user
        return user

    def by_email(self, email: str) -> User | None:
        return next((user for user in self.users.values() if user.email == email.strip().lower()), None)

    def open_session(self, user: User) -> Session:
        user.last_sign_in_at = clock.now()
        session = Session(user.id)
        self.sessions[session.id] = session
        return session

    def sessions_of(self, user_id: str) -> Iterable[Session]:
        return [session for session in self.sessions.values() if session.user_id == user_id]

    def end(self, sessions: Iterable[Session]) -> None:
        for session in sessions:
            session.ended = True


def stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
