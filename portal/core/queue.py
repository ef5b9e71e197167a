"""Background work: the ``jobs`` table is the truth, Huey only executes.

A job is a row written in the transaction that needs it. After commit its id goes to Redis, where it waits for the
job's time if that is near; whoever executes it claims the row by a lease and is fenced by the attempt number. What a
killed worker held, what is due later, or a lost announcement, the sweeper finds.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from portal.core import db, observe
from portal.core.errors import PortalError, ProviderError
from portal.core.secrets import derived_key
from portal.core.settings import get_settings

if TYPE_CHECKING:
    from huey import RedisHuey

LEASE_SECONDS = 120
BACKOFF_SECONDS = (60, 300, 900, 3600)
SWEEP_LIMIT = 500
# What is due later than this waits for the sweeper instead of in Redis: a minute matters less to it.
ANNOUNCED_WITHIN_SECONDS = 300.0
# The job's time is kept by the database's clock, the announcement's by a worker's: one that comes early is for nothing.
CLOCKS_DIFFER_SECONDS = 0.2
# One round trip each: a queue's speed is that of its own statements.
CLAIM = "select * from portal.claim_job(%(id)s, %(lease)s)"
FINISH = "select portal.finish_job(%(id)s, %(attempt)s)"
log = structlog.get_logger("portal.queue")


@dataclass(frozen=True)
class Run:
    """One attempt at a job."""

    job_id: UUID
    access: db.Access
    args: dict[str, str]
    attempt: int
    _finished: list[bool] = field(default_factory=list, repr=False, compare=False)

    @property
    def is_finished(self) -> bool:
        """Whether this attempt has marked the job done, together with its effect."""
        return bool(self._finished)

    @contextmanager
    def finishing(self) -> Iterator[db.Scope]:
        """A transaction that holds the job's effect and marks it done: both or neither.

        Raises LeaseLost, undoing the effect, when another worker took the job over meanwhile.
        """
        with self.access.begin() as scope:
            yield scope
            if not _finish(scope, self):
                raise LeaseLost
        self._finished.append(True)

    def renew(self) -> None:
        """Keep the lease for another while; a job longer than the lease calls this between its steps."""
        with db.worker().begin() as scope:
            kept = scope.execute(
                "select portal.renew_job(:id, :attempt, :lease)",
                id=self.job_id, attempt=self.attempt, lease=LEASE_SECONDS,
            ).scalar()  # fmt: skip
        if not kept:
            raise LeaseLost


class LeaseLost(PortalError):
    reason = "lease_lost"
    default = "Another worker took this job over."


class Job(Protocol):
    def __call__(self, run: Run) -> None: ...


REGISTRY: dict[str, Job] = {}
PERIODIC: dict[str, int] = {}


def job(name: str, *, every_minutes: int | None = None) -> Callable[[Job], Job]:
    """Register the function that does jobs of this name; with ``every_minutes`` also as periodic platform-wide work."""

    def register(function: Job) -> Job:
        REGISTRY[name] = function
        if every_minutes:
            PERIODIC[name] = every_minutes
        return function

    return register


@functools.lru_cache(maxsize=1)
def huey() -> "RedisHuey":
    """This process's Huey. Messages are signed: write access to Redis must not become code execution."""
    # Late import: who only writes jobs starts without it.
    from huey import RedisHuey, crontab
    from huey.serializer import SignedSerializer

    serializer = SignedSerializer(secret=derived_key("queue").hex())
    app = RedisHuey("portal", url=get_settings().redis_url, serializer=serializer, results=False)
    app.announce = app.task(name="execute")(execute)
    app.periodic_task(crontab(), name="tick")(tick)
    return app


def announce(job_id: UUID, *, delay_seconds: float = 0) -> None:
    """Tell the workers of a committed job when it is due. Losing this loses nothing: the sweeper announces it again."""
    if delay_seconds > ANNOUNCED_WITHIN_SECONDS:
        return
    try:
        app = huey()
        if delay_seconds > 0:
            app.add_schedule(app.announce.s(str(job_id), delay=delay_seconds + CLOCKS_DIFFER_SECONDS))
        else:
            app.announce(str(job_id))
    except Exception:  # noqa: BLE001 - Redis away: the row waits for the sweeper
        log.warning("announce_failed", job_id=str(job_id))


def announce_all(job_ids: Sequence[UUID]) -> None:
    """The same for many, in one message to Redis."""
    try:
        app = huey()
        tasks = [app.serialize_task(app.announce.s(str(job_id))) for job_id in job_ids]
        app.storage.conn.lpush(app.storage.queue_key, *tasks)
    except Exception:  # noqa: BLE001 - as above
        log.warning("announce_failed", jobs=len(job_ids))


def execute(job_id: str) -> None:
    """Claim one job and do it. Does nothing when it is not due or somebody else holds it."""
    run_claimed(UUID(job_id))


def run_claimed(job_id: UUID) -> str:
    """Do a job now; returns ``done``, ``skipped``, ``retry`` or ``dead``."""
    rows = db.worker().run_once(CLAIM, id=job_id, lease=LEASE_SECONDS)
    if not rows:
        return "skipped"
    [row] = rows
    run = Run(row.id, db.worker(row.tenant_id), dict(row.args), row.attempts)
    with structlog.contextvars.bound_contextvars(job_id=str(row.id), job=row.name):
        return _attempt(run, row.name)


def _attempt(run: Run, name: str) -> str:
    try:
        REGISTRY[name](run)
        if not run.is_finished:
            db.worker().run_once(FINISH, id=run.job_id, attempt=run.attempt)
    except LeaseLost:
        log.warning("job_lease_lost", attempt=run.attempt)
        return "skipped"
    except Exception as error:  # noqa: BLE001 - the one place where any failure of a job is recorded
        return _record_failure(run, error)
    return "done"


def _finish(scope: db.Scope, run: Run) -> bool:
    """Mark done; True when this attempt still owns the job or has marked it itself."""
    return bool(scope.execute("select portal.finish_job(:id, :attempt)", id=run.job_id, attempt=run.attempt).scalar())


def _record_failure(run: Run, error: Exception) -> str:
    permanent = isinstance(error, PortalError) and not (isinstance(error, ProviderError) and error.transient)
    backoff = BACKOFF_SECONDS[min(run.attempt, len(BACKOFF_SECONDS)) - 1]
    # The text of an unexpected exception may hold a customer's data: only its type is kept.
    what = f"{error.reason}: {error.message}" if isinstance(error, PortalError) else type(error).__name__
    with db.worker().begin() as scope:
        state = scope.execute(
            "select portal.fail_job(:id, :attempt, :error, :backoff, :permanent)",
            id=run.job_id, attempt=run.attempt, error=what, backoff=backoff, permanent=permanent,
        ).scalar()  # fmt: skip
    log.warning("job_failed", error=what, attempt=run.attempt, outcome=state)
    if state == "ready":
        announce(run.job_id, delay_seconds=backoff)
    return "dead" if state == "dead" else "retry"


def tick() -> None:
    """Every minute, in every worker: store what periodic work is due (once among all) and announce lost jobs."""
    with db.worker().begin() as scope:
        for name, minutes in PERIODIC.items():
            if scope.execute("select portal.claim_tick(:name, :minutes)", name=name, minutes=minutes).scalar():
                scope.enqueue(name, dedup_key="periodic")
    sweep()


def sweep() -> int:
    """Announce every due job nobody holds; returns how many."""
    with db.worker().begin() as scope:
        due = scope.execute("select portal.due_jobs(:limit)", limit=SWEEP_LIMIT).scalars().all()
    for job_id in due:
        announce(job_id)
    return len(due)


def drain(limit: int = 1000) -> int:
    """Do every due job in this process, one after the other (tests and one-off maintenance); returns how many."""
    done = 0
    while done < limit:
        with db.worker().begin() as scope:
            due = scope.execute("select portal.due_jobs(:limit)", limit=50).scalars().all()
        if not due:
            break
        done += sum(run_claimed(job_id) != "skipped" for job_id in due)
    return done


def run_worker(threads: int = 4) -> None:
    """Execute jobs until SIGINT, which lets running ones finish. Blocks. The package ``jobs`` must be imported."""
    observe.configure()
    db.report_scope_fault()
    app: Any = huey()
    consumer = app.create_consumer(workers=threads, worker_type="thread", check_worker_health=True)
    try:
        sweep()
    except SQLAlchemyError:  # the database may come later than we do; the next minute's tick sweeps again
        log.warning("sweep_failed")
    consumer.run()
