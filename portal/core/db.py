"""Who acts for which tenant, and the one way to a database transaction.

An :class:`Access` names a database role and what its transaction may see. ``access.begin()`` is one transaction: it
takes the role and sets the scope *inside* that transaction only, so a pooled connection never carries a tenant to its
next user. There is no other session factory.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg.rows import namedtuple_row
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from portal.core import seal
from portal.core.errors import Forbidden, PortalError
from portal.core.ids import new_id
from portal.core.settings import get_settings

log = structlog.get_logger("portal.db")
ENQUEUE = text("select portal.enqueue_job(:id, :name, cast(:args as jsonb), :delay, :dedup_key)")
AUDIT = text(
    "insert into portal.audit_log"
    " (id, tenant_id, actor_user_id, actor_type, action, target_type, target_id, metadata)"
    " values (:id, :tenant, :user, :actor, :action, :type, :target, cast(:details as jsonb))"
)
# The time limit stands here and not among a connection's options, which a pooler would refuse, or drop silently. The
# path is set so that no earlier user of the connection has left another one.
ENTER = text(
    "select set_config('role', :role, true), set_config('app.scope', :scope, true),"
    " set_config('request.jwt.claims', :claims, true), set_config('statement_timeout', '15s', true),"
    " set_config('search_path', 'pg_catalog, pg_temp', true)"
)
# The same as the driver itself takes it.
ENTER_BY_DRIVER = re.sub(r":(\w+)", r"%(\1)s", str(ENTER))


# A pooler in transaction mode forbids prepared statements, and refuses options.
CONNECTION: dict[str, Any] = {"prepare_threshold": None, "connect_timeout": 5}
SCOPE_FAULTS = {
    "key": "The database does not know this SECRET_KEY: run `portal migrate` with it (and with SECRET_KEY_PREVIOUS,"
    " while keys are changed).",
    "over": "What this process seals is over when it arrives: transactions wait too long for the database.",
}


class ScopeRefused(PortalError):
    reason = "scope_refused"


class Role(StrEnum):
    """Database roles a transaction may take (see the migration for what each is granted)."""

    CUSTOMER = "portal_customer"
    MEMBER = "portal_member"
    WORKER = "portal_worker"
    IDENTITY = "portal_identity"
    # Of operators' commands, as the database's owner: the application's login may not take it.
    OPERATOR = "portal_operator"


@dataclass(frozen=True)
class Access:
    """Who asks, for which tenant. A customer sees just the chat session, booking and request key named here."""

    role: Role
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    session_id: UUID | None = None
    booking_id: UUID | None = None
    request_key: str | None = None

    @property
    def tenant(self) -> UUID:
        """The tenant, where there must be one. Raises Forbidden."""
        if self.tenant_id is None:
            raise Forbidden("This needs a tenant.")
        return self.tenant_id

    def with_booking(self, booking_id: UUID) -> "Access":
        """The same asker, allowed to touch one more booking: only after we established that it is theirs."""
        return replace(self, booking_id=booking_id)

    @contextmanager
    def begin(self, on: Engine | None = None) -> Iterator["Scope"]:
        """One transaction in this scope: commits at the end, rolls back on any error, then enqueues its jobs."""
        with Session(on or engine(), expire_on_commit=False) as session:
            scope = Scope(access=self, session=session)
            with session.begin():
                session.connection()  # sealed only now: waiting for a connection must not use up its time
                session.execute(ENTER, self.settings())
                yield scope
        scope._run_after_commit()

    def run_once(self, statement: str, **parameters: Any) -> list[Any]:
        """One statement as a transaction of its own, in a single round trip; returns its rows as named tuples.

        For the few places where somebody waits for every round trip; elsewhere :meth:`begin`. Placeholders are
        ``%(name)s``. Scope and statement travel in one pipeline, which PostgreSQL runs as one transaction. Never as
        one text: other connections may read that while it runs (pg_stat_activity), and another tenant's seal in it.
        """
        pooled = engine().raw_connection()
        connection: Any = pooled.driver_connection
        try:
            connection.autocommit = True
            with connection.pipeline():
                connection.execute(ENTER_BY_DRIVER, self.settings())
                cursor = connection.cursor(row_factory=namedtuple_row)
                cursor.execute(statement, parameters)
            rows: list[Any] = [] if cursor.description is None else cursor.fetchall()
            return rows
        except psycopg.Error as error:
            if connection.broken:
                # Whatever ended this connection has most likely ended the others of the pool too.
                pooled.invalidate(error)
                engine().dispose()
            raise DBAPIError.instance(None, None, error, psycopg.Error) from error
        finally:
            if not connection.closed:
                connection.autocommit = False
            pooled.close()

    def settings(self) -> dict[str, str]:
        """What ENTER needs. The claims are for whoever reads them as Supabase has it; we believe the seal alone."""
        claims = {"sub": str(self.user_id), "role": "authenticated"} if self.user_id else {}
        scope = {
            "role": self.role.value,
            "tenant": _text(self.tenant_id),
            "user": _text(self.user_id),
            "session": _text(self.session_id),
            "booking": _text(self.booking_id),
            "request_key": self.request_key or None,
        }
        return {"role": self.role.value, "scope": seal.seal(scope), "claims": json.dumps(claims) if claims else ""}


class Scope:
    """An open transaction of one :class:`Access`."""

    def __init__(self, *, access: Access, session: Session) -> None:
        self.access = access
        self.session = session
        self._after_commit: list[Callable[[], None]] = []

    @property
    def tenant_id(self) -> UUID:
        return self.access.tenant

    def execute(self, statement: str, **parameters: Any) -> Any:
        """Run hand-written SQL; returns SQLAlchemy's result."""
        return self.session.execute(text(statement), parameters)

    def enqueue(self, name: str, *, delay_seconds: float = 0, dedup_key: str | None = None, **ids: Any) -> UUID | None:
        """Store a job in this transaction; its id goes to the queue after commit, to be done once the delay is over.

        ``ids`` are names and ids only, never contents. With ``dedup_key`` a second unfinished job of that key is not
        stored and None is returned.
        """
        args = json.dumps({key: str(value) for key, value in ids.items()})
        values = {"id": new_id(), "name": name, "args": args, "delay": delay_seconds, "dedup_key": dedup_key}
        stored: UUID | None = self.session.execute(ENQUEUE, values).scalar()
        if stored is not None:
            self.after_commit(lambda: _announce(stored, delay_seconds))
        return stored

    def audit(self, action: str, *, actor_type: str, target_type: str, target_id: str, details: dict[str, Any]) -> None:
        """Record an act in this transaction."""
        values = {"id": new_id(), "tenant": self.access.tenant_id, "user": self.access.user_id, "action": action}
        target = {"actor": actor_type, "type": target_type, "target": target_id}
        self.session.execute(AUDIT, values | target | {"details": json.dumps(details, default=str)})

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call once this transaction is committed (never when it is rolled back)."""
        self._after_commit.append(call)

    def _run_after_commit(self) -> None:
        for call in self._after_commit:
            call()


def customer(
    tenant_id: UUID, *, session_id: UUID | None = None, booking_id: UUID | None = None, request_key: str | None = None
) -> Access:
    """A visitor of one tenant's site."""
    return Access(Role.CUSTOMER, tenant_id, session_id=session_id, booking_id=booking_id, request_key=request_key)


def member(user_id: UUID, tenant_id: UUID) -> Access:
    """Signed-in staff of a tenant (or a platform admin). The database checks the membership itself."""
    return Access(Role.MEMBER, tenant_id, user_id=user_id)


def platform(user_id: UUID) -> Access:
    """A platform admin across tenants. The database checks that the user is one."""
    return Access(Role.MEMBER, user_id=user_id)


def worker(tenant_id: UUID | None = None) -> Access:
    """A job of one tenant; without a tenant it sees no rows and may only claim and sweep jobs."""
    return Access(Role.WORKER, tenant_id)


def identity() -> Access:
    """Whoever signs people in: has no table at all, may only call the functions about users, sessions and links."""
    return Access(Role.IDENTITY)


def nobody() -> Access:
    """Before a tenant is known: sees no rows, may only ask who owns a host."""
    return Access(Role.CUSTOMER)


@lru_cache(maxsize=1)
def engine() -> Engine:
    """This process's connection pool, logged in as the unprivileged ``portal_app``."""
    settings = get_settings()
    made = create_engine(
        sqlalchemy_url(settings.database_url),
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_pool_size,
        pool_timeout=10,
        pool_pre_ping=False,
        pool_use_lifo=True,  # few connections in steady use: their plans and caches are warm
        pool_recycle=1800,
        connect_args=CONNECTION,
        hide_parameters=True,  # an error's text must not show a seal, nor what customers wrote
    )
    event.listen(made, "connect", _learn_time)
    return made


@contextmanager
def as_owner(owner_url: str) -> Iterator[Scope]:
    """One transaction of an operator's command, on an address of the database's owner: above the wall.

    Never for a serving process. Raises ScopeRefused when the database does not know this SECRET_KEY.
    """
    url = sqlalchemy_url(owner_url)
    owner = create_engine(url, poolclass=NullPool, connect_args=CONNECTION, hide_parameters=True)
    event.listen(owner, "connect", _learn_time)
    with Access(Role.OPERATOR).begin(owner) as scope:
        if fault := _fault_of(scope):
            raise ScopeRefused(fault)
        yield scope


def _learn_time(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    seal.learn_database_time(connection.execute("select extract(epoch from clock_timestamp())::float8").fetchone()[0])
    connection.autocommit = False


def scope_fault() -> str | None:
    """Why the database believes none of this process's scopes, as a sentence; None: it does."""
    with nobody().begin() as scope:
        return _fault_of(scope)


def report_scope_fault() -> None:
    """At a process's start: an error line when nothing that it does will be believed. Readiness says so as well."""
    with suppress(DBAPIError):  # a database that is away comes later
        if fault := scope_fault():
            log.error("scope_refused", reason=fault)


def _fault_of(scope: Scope) -> str | None:
    fault = scope.execute("select portal.scope_fault()").scalar()
    return None if fault is None else SCOPE_FAULTS.get(fault, f"The database refuses this process's scope: {fault}.")


def sqlalchemy_url(url: str) -> str:
    """``postgresql://…`` as SQLAlchemy's psycopg 3 address."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _announce(job_id: UUID, delay_seconds: float) -> None:
    # Late import: the queue opens scopes itself. A lost announcement is found by the sweeper.
    from portal.core.queue import announce

    announce(job_id, delay_seconds=delay_seconds)
