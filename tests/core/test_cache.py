"""Values per process, dropped everywhere at once."""

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from portal.core.cache import HotCache, invalidate
from portal.runtime.valkey import EmbeddedValkey

TENANT = uuid4()


@pytest.fixture
def another(valkey: EmbeddedValkey) -> Iterator[HotCache]:
    """The cache as another process has it: with a listener of its own."""
    made = HotCache()
    assert made.wait_until_live()
    return made


def eventually(check: "object", seconds: float = 2) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():  # type: ignore[operator]
            return True
        time.sleep(0.002)
    return False


class TestHotCache:
    def test_loads_once(self, another: HotCache) -> None:
        calls: list[int] = []
        for _ in range(3):
            assert another.load(TENANT, "site", 60, lambda: calls.append(1) or "value") == "value"
        assert calls == [1]

    def test_too_old(self, another: HotCache) -> None:
        another.put(TENANT, "slots", 1, 0.01)
        time.sleep(0.02)
        assert another.get(TENANT, "slots") is None

    def test_dropped_by_another_process(self, another: HotCache) -> None:
        other_tenant = uuid4()
        for tenant in (TENANT, other_tenant):
            another.put(tenant, "site", "old", 60)
        invalidate(TENANT)
        assert eventually(lambda: another.get(TENANT, "site") is None)
        assert another.get(other_tenant, "site") == "old"

    def test_one_key(self, another: HotCache) -> None:
        another.put(TENANT, "a", 1, 60)
        another.put(TENANT, "b", 2, 60)
        invalidate(TENANT, "a")
        assert eventually(lambda: another.get(TENANT, "a") is None)
        assert another.get(TENANT, "b") == 2

    def test_loaded_while_it_changed_is_not_kept(self, another: HotCache) -> None:
        def slow() -> str:
            another.drop(TENANT)
            return "old"

        assert another.load(TENANT, "site", 60, slow) == "old"
        assert another.get(TENANT, "site") is None

    def test_deaf_serves_nothing(self, another: HotCache, valkey: EmbeddedValkey) -> None:
        another.put(TENANT, "site", "old", 60)
        valkey.stop()
        try:
            assert eventually(lambda: another.get(TENANT, "site") is None)
        finally:
            valkey.start()
        assert another.wait_until_live()
        assert another.get(TENANT, "site") is None

    def test_many_threads(self, another: HotCache) -> None:
        def work() -> None:
            for number in range(500):
                another.load(TENANT, number % 50, 60, lambda number=number: number)
                if number % 20 == 0:
                    another.drop(TENANT, number % 50)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads)
