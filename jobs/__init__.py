"""Background jobs. Importing this package fills the registry of ``portal.core.queue``."""

from jobs import calendar, identity, sweep
from portal.core.queue import run_worker

__all__ = ["calendar", "identity", "run_worker", "sweep"]
