"""Connections to Redis (or Valkey).

Typed as Any: the library types every command as "a value or an awaitable", which no caller can use.
"""

from functools import lru_cache
from typing import Any

import redis
import redis.asyncio

from portal.core.settings import get_settings

TIMEOUTS: dict[str, Any] = {"socket_timeout": 3, "socket_connect_timeout": 2, "health_check_interval": 30}


@lru_cache(maxsize=1)
def client() -> Any:
    """This process's synchronous client (bytes in, bytes out)."""
    return redis.Redis.from_url(get_settings().redis_url, max_connections=200, **TIMEOUTS)


@lru_cache(maxsize=1)
def async_client() -> Any:
    """This process's asynchronous client; use it from the one event loop of a web process."""
    return redis.asyncio.Redis.from_url(get_settings().redis_url, max_connections=200, **TIMEOUTS)


def subscriber() -> Any:
    """A connection of its own for a blocking subscription."""
    return redis.Redis.from_url(get_settings().redis_url, socket_connect_timeout=2, health_check_interval=15)
