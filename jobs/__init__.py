"""Background jobs. Importing this package fills the registry of ``portal.core.queue``."""

from jobs import calendar, sweep

__all__ = ["calendar", "sweep"]
