"""People who sign in: users, their sessions and second factors, and the links they are given.

No role of a tenant reads these tables; see migration 0005 for the functions that do.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from portal.core.ids import new_id
from portal.models.base import SCHEMA, Timestamps, text_column, timestamp
from portal.models.tenancy import TENANT

USER = f"{SCHEMA}.users.id"


def user_id_column() -> Any:
    return Field(foreign_key=USER, nullable=False, ondelete="CASCADE")


class User(Timestamps, table=True):
    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email"), {"schema": SCHEMA})

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str = text_column()
    display_name: str | None = text_column(nullable=True)
    password_hash: str | None = text_column(nullable=True)
    totp_secret: str | None = text_column(nullable=True)
    totp_enabled_at: datetime | None = timestamp(nullable=True)
    totp_last_step: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    disabled_at: datetime | None = timestamp(nullable=True)


class UserRecoveryCode(SQLModel, table=True):
    __tablename__ = "user_recovery_codes"
    __table_args__ = {"schema": SCHEMA}

    user_id: UUID = Field(foreign_key=USER, primary_key=True, ondelete="CASCADE")
    code_hash: str = Field(primary_key=True, sa_type=Text)
    used_at: datetime | None = timestamp(nullable=True)


class UserSession(SQLModel, table=True):
    __tablename__ = "user_sessions"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        UniqueConstraint("previous_hash"),
        Index("user_sessions_user", "user_id"),
        Index("user_sessions_expiry", "expires_at"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = user_id_column()
    kind: str = text_column()
    token_hash: str = text_column()
    previous_hash: str | None = text_column(nullable=True)
    rotated_at: datetime | None = timestamp(nullable=True)
    created_at: datetime = timestamp(default_now=True)
    last_seen_at: datetime = timestamp(default_now=True)
    expires_at: datetime = timestamp()
    revoked_at: datetime | None = timestamp(nullable=True)
    user_agent: str | None = text_column(nullable=True)
    ip_hash: str | None = text_column(nullable=True)


class UserLink(SQLModel, table=True):
    __tablename__ = "user_links"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("user_links_tenant", "tenant_id"),
        Index("user_links_user", "user_id"),
        Index("user_links_expiry", "expires_at"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: str = text_column()
    purpose: str = text_column()
    email: str = text_column()
    user_id: UUID | None = Field(default=None, foreign_key=USER, ondelete="CASCADE")
    tenant_id: UUID | None = Field(default=None, foreign_key=TENANT, ondelete="CASCADE")
    role: str | None = text_column(nullable=True)
    created_by: UUID | None = None
    created_at: datetime = timestamp(default_now=True)
    expires_at: datetime = timestamp()
    claimed_until: datetime | None = timestamp(nullable=True)
    used_at: datetime | None = timestamp(nullable=True)
    revoked_at: datetime | None = timestamp(nullable=True)
