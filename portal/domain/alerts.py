"""Telling those who run the platform that jobs are given up: a log line, and a webhook where one is set."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from portal.core import clock, db, redis
from portal.core.settings import get_settings
from portal.providers import alerts

WATCHED: Final = "portal:failures:watched"
# What is looked at when nothing is known of the last time.
AT_FIRST: Final = timedelta(minutes=15)
KEPT_SECONDS: Final = 7 * 24 * 3600
NAMED: Final = 5

log = structlog.get_logger("portal.alerts")


def watch_failures() -> int:
    """Tell of the jobs given up since the last time this was done; returns how many.

    Raises ProviderUnavailable when the webhook cannot be told: they are told of again then.
    """
    now = clock.now()
    with db.worker().begin() as scope:
        rows = scope.execute("select * from portal.failures_since(:moment)", moment=_watched_until(now)).all()
    failures = {row.name: int(row.failures) for row in rows}
    if total := sum(failures.values()):
        log.error("jobs_given_up", failures=total, jobs=failures)
        if (url := get_settings().alert_webhook_url) is not None:
            alerts.send(url.get_secret_value(), _sentence(total, failures), {"failures": total, "jobs": failures})
    redis.client().set(WATCHED, now.isoformat(), ex=KEPT_SECONDS)
    return total


def _watched_until(now: datetime) -> datetime:
    kept = redis.client().get(WATCHED)
    return datetime.fromisoformat(kept.decode()) if kept else now - AT_FIRST


def _sentence(total: int, failures: dict[str, int]) -> str:
    most = sorted(failures.items(), key=lambda each: -each[1])[:NAMED]
    named = ", ".join(f"{name}: {number}" for name, number in most)
    return f"{total} job{'' if total == 1 else 's'} failed for good ({named}). See /admin/jobs."
