"""What Prometheus is told besides requests: queue, webhooks, messages, bookings, chats. Asked of the database."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from portal.core import db

# Several who ask at once, or often, cost one look.
KEPT_SECONDS: Final = 5.0
JOBS = Gauge("portal_jobs", "Jobs by name and state (waiting, delayed, running, dead).", ("job", "state"))
JOB_LAG = Gauge("portal_job_lag_seconds", "Since when the oldest job of this name could have run.", ("job",))
EVENTS = Gauge(
    "portal_webhook_events", "Received webhooks that are not processed, by provider and state.", ("provider", "state")
)
EVENT_LAG = Gauge(
    "portal_webhook_lag_seconds", "Age of the oldest webhook that waits to be processed, by provider.", ("provider",)
)
MESSAGES = Gauge("portal_messages_day", "Text messages that changed within a day, by state.", ("state",))
BOOKINGS = Gauge("portal_bookings_day", "Bookings that changed within a day, by status.", ("status",))
CHATS = Gauge("portal_chats_day", "Chats begun within a day, by channel.", ("channel",))
RECEIVED = Gauge("portal_webhooks_received_day", "Webhooks received within a day, by provider.", ("provider",))
ACTIVITY: Final = {"messages": MESSAGES, "bookings": BOOKINGS, "chats": CHATS, "events": RECEIVED}
ALL: Final = (JOBS, JOB_LAG, EVENTS, EVENT_LAG, *ACTIVITY.values())
STATES: Final = ("waiting", "delayed", "running", "dead")

log = structlog.get_logger("portal.measures")


@dataclass
class _Taken:
    lock: threading.Lock
    until: float = 0.0


_taken = _Taken(threading.Lock())


def take() -> None:
    """Set all gauges to what is so now. While the database cannot be asked they are absent, never outdated."""
    with _taken.lock:
        if time.monotonic() < _taken.until:
            return
        for gauge in ALL:
            gauge.clear()
        try:
            _set_all()
        except SQLAlchemyError:
            log.warning("measures_failed", exc_info=True)
        _taken.until = time.monotonic() + KEPT_SECONDS


def forget() -> None:
    """Have the next :func:`take` look again (tests)."""
    _taken.until = 0.0


def _set_all() -> None:
    with db.worker().begin() as scope:
        jobs = scope.execute(
            "select name, sum(waiting) as waiting, sum(delayed) as delayed, sum(running) as running, sum(dead) as dead,"
            " max(lag) as lag from portal.job_overview() group by name"
        ).all()
        events = scope.execute("select * from portal.event_overview()").all()
        activity = scope.execute("select * from portal.activity_overview()").all()
    _set_jobs(jobs)
    for row in events:
        EVENTS.labels(row.provider, row.processing_status).set(row.events)
        if row.processing_status == "pending":
            EVENT_LAG.labels(row.provider).set(row.lag)
    for row in activity:
        ACTIVITY[row.subject].labels(row.kind).set(row.amount)


def _set_jobs(rows: Iterable[Any]) -> None:
    for row in rows:
        for state in STATES:
            JOBS.labels(row.name, state).set(getattr(row, state))
        JOB_LAG.labels(row.name).set(row.lag)
