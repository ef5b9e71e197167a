"""Background jobs. Importing this package fills the registry of ``portal.core.queue``."""

from jobs import calendar, sweep
from portal.core.queue import run_worker

__all__ = ["calendar", "run_worker", "sweep"]
