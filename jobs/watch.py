"""Watching the queue itself."""

from portal.core.queue import Run, job
from portal.domain import alerts


@job("watch_failures", every_minutes=5)
def watch_failures(run: Run) -> None:
    """Tell the log, and the operator's webhook, of jobs that were given up; of each at least once."""
    alerts.watch_failures()
