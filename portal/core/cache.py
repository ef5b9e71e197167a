"""Values kept in each process per tenant, dropped in every process the moment the tenant changes.

A thread listens on a Redis channel. While it is not connected nothing is served from the cache, because a change could
be missed. A value loaded *while* its tenant was invalidated is returned but not kept.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from uuid import UUID

import redis

from portal.core.redis import client, subscriber

T = TypeVar("T")
CHANNEL = b"portal:invalidate"
EVERYTHING = b"*"
MAX_KEYS_PER_TENANT = 2000


class HotCache:
    """A process-local map (tenant, key) → value with a time to live in seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[Hashable, dict[Hashable, tuple[float, Any]]] = {}
        self._versions: dict[Hashable, int] = {}
        self._live = False
        self._listener: threading.Thread | None = None

    def get(self, tenant: Hashable, key: Hashable) -> Any | None:
        """The value, or None when it is absent, too old, or changes cannot be heard. Never blocks on the network."""
        if not self._live:
            self._ensure_listener()
            return None
        found = self._values.get(tenant, {}).get(key)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def put(self, tenant: Hashable, key: Hashable, value: Any, ttl: float) -> None:
        self._put_if_unchanged(tenant, key, value, ttl, self._versions.get(tenant, 0))

    def load(self, tenant: Hashable, key: Hashable, ttl: float | Callable[[T], float], loader: Callable[[], T]) -> T:
        """The kept value, or the loader's, kept for ``ttl`` seconds (or as long as ``ttl`` says of that value)."""
        if (kept := self.get(tenant, key)) is not None:
            return kept  # type: ignore[no-any-return]
        version = self._versions.get(tenant, 0)
        value = loader()
        self._put_if_unchanged(tenant, key, value, ttl(value) if callable(ttl) else ttl, version)
        return value

    def drop(self, tenant: Hashable, key: Hashable | None = None) -> None:
        """Forget a tenant's values (or one of them) in this process."""
        with self._lock:
            self._versions[tenant] = self._versions.get(tenant, 0) + 1
            if key is None:
                self._values.pop(tenant, None)
            else:
                self._values.get(tenant, {}).pop(key, None)

    def clear(self) -> None:
        with self._lock:
            for tenant in self._values:
                self._versions[tenant] = self._versions.get(tenant, 0) + 1
            self._values.clear()

    def wait_until_live(self, timeout: float = 5) -> bool:
        """Block until invalidations are heard (start-up and tests)."""
        deadline = time.monotonic() + timeout
        self._ensure_listener()
        while not self._live and time.monotonic() < deadline:
            time.sleep(0.005)
        return self._live

    def _put_if_unchanged(self, tenant: Hashable, key: Hashable, value: Any, ttl: float, version: int) -> None:
        with self._lock:
            if not self._live or self._versions.get(tenant, 0) != version:
                return
            values = self._values.setdefault(tenant, {})
            if len(values) >= MAX_KEYS_PER_TENANT:
                values.clear()
            values[key] = (time.monotonic() + ttl, value)

    def _ensure_listener(self) -> None:
        with self._lock:
            if self._listener is None or not self._listener.is_alive():
                self._listener = threading.Thread(target=self._listen, name="cache-listener", daemon=True)
                self._listener.start()

    def _listen(self) -> None:
        while True:
            try:
                self._hear()
            except (redis.RedisError, OSError, ValueError):
                pass
            finally:
                self._live = False
                self.clear()
            time.sleep(0.2)

    def _hear(self) -> None:
        with contextlib.closing(subscriber()) as connection, contextlib.closing(connection.pubsub()) as pubsub:
            pubsub.subscribe(CHANNEL)
            for message in pubsub.listen():
                if message["type"] == "subscribe":
                    self._live = True
                elif message["type"] == "message":
                    self._apply(message["data"])

    def _apply(self, data: bytes) -> None:
        scope, _, key = data.partition(b"|")
        if scope == EVERYTHING:
            self.clear()
            return
        self.drop(UUID(scope.decode()) if len(scope) == 36 else scope.decode(), key.decode() or None)


cache = HotCache()


def invalidate(tenant: UUID | str, key: str | None = None) -> None:
    """Drop a tenant's kept values (or one key) here now and in every other process. Call it after commit."""
    cache.drop(tenant, key)
    client().publish(CHANNEL, f"{tenant}|{key or ''}")
