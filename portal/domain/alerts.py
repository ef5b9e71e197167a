"""Telling those who run the platform that jobs are given up: a log line, and a webhook where one is set."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import structlog

from portal.core import db
from portal.core.settings import get_settings
from portal.providers import alerts

TOLD_AT_ONCE: Final = 10_000
NAMED: Final = 5

log = structlog.get_logger("portal.alerts")


def watch_failures() -> int:
    """Tell of the jobs given up of which nobody was told; returns how many.

    They are marked once they are told of, so that none is missed, whenever it was committed: whoever dies in between
    leaves them to be told of twice. Raises ProviderUnavailable and ProviderRefused when the webhook cannot be told.
    """
    with db.worker().begin() as scope:
        rows = scope.execute("select * from portal.untold_failures(:most)", most=TOLD_AT_ONCE).all()
    if not rows:
        return 0
    failures = Counter(row.name for row in rows)
    log.error("jobs_given_up", failures=len(rows), jobs=dict(failures))
    if (url := get_settings().alert_webhook_url) is not None:
        details = {"failures": len(rows), "jobs": dict(failures)}
        alerts.send(url.get_secret_value(), _sentence(len(rows), failures), details)
    with db.worker().begin() as scope:
        scope.execute("select portal.mark_failures_told(:failures)", failures=[row.id for row in rows])
    return len(rows)


def _sentence(total: int, failures: Mapping[str, int]) -> str:
    most = sorted(failures.items(), key=lambda each: -each[1])[:NAMED]
    named = ", ".join(f"{name}: {number}" for name, number in most)
    return f"{total} job{'' if total == 1 else 's'} failed for good ({named}). See /admin/jobs."
