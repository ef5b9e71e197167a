"""What every table has in common."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, ForeignKeyConstraint, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SCHEMA = "portal"
metadata = SQLModel.metadata


def timestamp(*, default_now: bool = False, nullable: bool = False) -> Any:
    """A ``timestamptz`` column; aware UTC in Python."""
    if default_now:
        return Field(
            default=None,
            sa_type=DateTime(timezone=True),
            sa_column_kwargs={"server_default": func.now(), "nullable": False},
        )
    return Field(
        default=None if nullable else ...,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"nullable": nullable},
    )


def json_column(default: str | None = None) -> Any:
    """A ``jsonb`` column; with ``default`` (JSON text) required, without nullable."""
    server_default = text(f"'{default}'") if default else None
    column = Column(JSONB, nullable=default is None, server_default=server_default)
    return Field(default=None, sa_column=column)


def text_column(default: str | None = None, *, nullable: bool = False) -> Any:
    """A ``text`` column."""
    kwargs: dict[str, Any] = {"nullable": nullable}
    if default is not None:
        kwargs["server_default"] = default
    python_default = default if default is not None else (None if nullable else ...)
    return Field(default=python_default, sa_type=Text, sa_column_kwargs=kwargs)


def of_tenant(column: str, table: str, **kwargs: Any) -> ForeignKeyConstraint:
    """A composite foreign key: foreign keys bypass row-level security, so the tenant is part of each."""
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{SCHEMA}.{table}.tenant_id", f"{SCHEMA}.{table}.id"], **kwargs
    )


class Timestamps(SQLModel):
    created_at: datetime = timestamp(default_now=True)
    updated_at: datetime = timestamp(default_now=True)
