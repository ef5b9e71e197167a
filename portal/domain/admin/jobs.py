"""The queue as people see it: what waits, how long, what failed for good; a failure is tried again or put away.

A business's admins see its own jobs, the platform (``tenant_id`` None) sees all.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from portal.core import db, queue
from portal.core.auth import Principal
from portal.core.errors import Conflict, NotFound
from portal.domain.admin import paging
from portal.domain.admin.paging import Page
from portal.domain.permissions import Action, require


class NotOpen(Conflict):
    reason = "failure_not_open"
    default = "This failure was dealt with already, or the same work is queued again."


@dataclass(frozen=True)
class QueueLine:
    """Jobs of one name. ``waiting`` could run now, ``delayed`` later; ``failed`` are given up and not looked at.

    ``lag_seconds``: since when the oldest of the waiting ones could have run.
    """

    name: str
    waiting: int
    delayed: int
    running: int
    failed: int
    lag_seconds: float


@dataclass(frozen=True)
class Failure:
    """A job that was given up. ``arguments`` are names and ids; ``resolution``: retried, discarded, None while open."""

    id: UUID
    tenant_id: UUID | None
    slug: str | None
    job_id: UUID
    name: str
    arguments: dict[str, str]
    attempts: int
    error: str
    failed_at: datetime
    resolution: str | None
    resolved_at: datetime | None


def overview(principal: Principal, tenant_id: UUID | None) -> tuple[QueueLine, ...]:
    """What is in the queue, by name; empty when nothing is. Raises NotFound, Forbidden."""
    with _viewing(principal, tenant_id).begin() as scope:
        rows = scope.execute(
            "select name, sum(waiting) as waiting, sum(delayed) as delayed, sum(running) as running, sum(dead) as dead,"
            " max(lag) as lag from portal.job_overview() group by name order by name"
        ).all()
    return tuple(
        QueueLine(row.name, int(row.waiting), int(row.delayed), int(row.running), int(row.dead), float(row.lag))
        for row in rows
    )


def list_failures(
    principal: Principal,
    tenant_id: UUID | None,
    *,
    open_only: bool = True,
    limit: int = paging.DEFAULT,
    after: str | None = None,
) -> Page[Failure]:
    """Newest first. Raises InvalidArgument, NotFound, Forbidden."""
    access = _viewing(principal, tenant_id)
    before, _ = paging.decode_time_and_id(after) or (None, None)
    most = paging.size(limit) + 1
    with access.begin() as scope:
        rows = scope.execute(
            "select * from portal.list_failures(:open_only, cast(:before as timestamptz), :most)",
            open_only=open_only, before=before, most=most,
        ).all()  # fmt: skip
    return paging.page(rows, limit, _failure, lambda row: (row.failed_at.astimezone(UTC), row.id))


def retry(principal: Principal, tenant_id: UUID | None, failure_id: UUID) -> None:
    """Have the job done again, with all its attempts before it. Raises NotFound, NotOpen, Forbidden."""
    with _managing(principal, tenant_id).begin() as scope:
        job_id: UUID | None = scope.execute("select portal.retry_failure(:id)", id=failure_id).scalar()
        if job_id is None:
            raise _not_open(scope, failure_id)
        _record(scope, "job.retried", failure_id)
        scope.after_commit(lambda: queue.announce(job_id))


def discard(principal: Principal, tenant_id: UUID | None, failure_id: UUID) -> None:
    """Put a failure away: nothing more is done about it, and it stays in the log.

    Raises NotFound, NotOpen, Forbidden.
    """
    with _managing(principal, tenant_id).begin() as scope:
        if not scope.execute("select portal.discard_failure(:id)", id=failure_id).scalar():
            raise _not_open(scope, failure_id)
        _record(scope, "job.discarded", failure_id)


def _viewing(principal: Principal, tenant_id: UUID | None) -> db.Access:
    return require(principal, tenant_id, Action.PLATFORM_JOBS_VIEW if tenant_id is None else Action.JOBS_VIEW)


def _managing(principal: Principal, tenant_id: UUID | None) -> db.Access:
    return require(principal, tenant_id, Action.PLATFORM_JOBS_MANAGE if tenant_id is None else Action.JOBS_MANAGE)


def _not_open(scope: db.Scope, failure_id: UUID) -> NotOpen | NotFound:
    """A business's admins read its failures themselves; who asks for the whole platform sees all of them."""
    known = scope.access.tenant_id is None or scope.execute(
        "select 1 from portal.job_failures where id = :id and tenant_id = :tenant",
        id=failure_id, tenant=scope.tenant_id,
    ).scalar()  # fmt: skip
    return NotOpen() if known else NotFound()


def _record(scope: db.Scope, action: str, failure_id: UUID) -> None:
    scope.audit(action, actor_type="user", target_type="job", target_id=str(failure_id), details={})


def _failure(row: Any) -> Failure:
    return Failure(
        id=row.id,
        tenant_id=row.tenant_id,
        slug=row.slug,
        job_id=row.job_id,
        name=row.name,
        arguments={str(name): str(value) for name, value in dict(row.payload or {}).items()},
        attempts=row.attempts,
        error=row.last_error,
        failed_at=row.failed_at.astimezone(UTC),
        resolution=row.resolution,
        resolved_at=row.resolved_at.astimezone(UTC) if row.resolved_at else None,
    )
