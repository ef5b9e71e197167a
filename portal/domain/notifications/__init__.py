"""Text messages about bookings: planned when a booking changes, sent once, followed until they arrive or fail.

The walk: ``plan`` (a change of a booking) → ``write`` (a job) → ``release`` (each minute) → ``send`` (a job) → the
provider's callbacks, ``receive``.
"""

from portal.domain.notifications.planning import plan

__all__ = ["plan"]
