"""Fetching anew behind what is still shown: nobody waits for it, and what goes wrong with it is noted only."""

import threading
from collections.abc import Callable, Hashable

import redis
import structlog

from portal.core.errors import PortalError

MOST_AT_ONCE = 8
log = structlog.get_logger("portal.availability")

_running: set[Hashable] = set()
_guard = threading.Lock()


def behind(key: Hashable, work: Callable[[], None]) -> None:
    """Start ``work`` in a thread of its own, unless work of this key, or very much, is under way in this process."""
    with _guard:
        if key in _running or len(_running) >= MOST_AT_ONCE:
            return
        _running.add(key)
    threading.Thread(target=_run, args=(key, work), name="availability-refresh", daemon=True).start()


def _run(key: Hashable, work: Callable[[], None]) -> None:
    try:
        work()
    except (PortalError, redis.RedisError) as error:
        log.warning("availability_not_refreshed", reason=getattr(error, "reason", type(error).__name__))
    finally:
        with _guard:
            _running.discard(key)
