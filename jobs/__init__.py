"""Background jobs. Importing this package fills the registry of ``portal.core.queue``."""

from jobs import calendar, identity, notifications, sweep, watch, webhooks
from portal.core.queue import run_worker

__all__ = ["calendar", "identity", "notifications", "run_worker", "sweep", "watch", "webhooks"]
