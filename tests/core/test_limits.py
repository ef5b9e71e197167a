"""Rate limits on a real Redis: never more than promised, whoever asks at once."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core import limits
from portal.core.ids import new_id
from portal.core.limits import Bucket
from portal.core.redis import async_client, client

pytestmark = pytest.mark.usefixtures("valkey")
LONG = 3600.0
on_one_server = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fresh() -> str:
    return f"test:{new_id()}"


class TestTake:
    def test_capacity_then_refused(self) -> None:
        key = fresh()
        answers = [limits.take(key, capacity=3, per_seconds=LONG) for _ in range(5)]
        assert [answer.allowed for answer in answers] == [True, True, True, False, False]
        assert answers[-1].refused_by == key

    def test_waiting_as_told_is_enough(self) -> None:
        key = fresh()
        while (answer := limits.take(key, capacity=4, per_seconds=0.4)).allowed:
            pass
        assert 0 < answer.retry_after_seconds <= 0.1
        time.sleep(answer.retry_after_seconds)
        assert limits.take(key, capacity=4, per_seconds=0.4).allowed

    def test_refusals_cost_nothing(self) -> None:
        key = fresh()
        limits.take(key, capacity=2, per_seconds=LONG)
        waits = [limits.take(key, capacity=2, per_seconds=LONG, cost=2).retry_after_seconds for _ in range(3)]
        assert waits == sorted(waits, reverse=True)
        assert limits.take(key, capacity=2, per_seconds=LONG).allowed

    def test_racers_share_exactly_the_capacity(self) -> None:
        key = fresh()
        with ThreadPoolExecutor(30) as pool:
            answers = list(pool.map(lambda _: limits.take(key, capacity=25, per_seconds=LONG), range(200)))
        assert sum(answer.allowed for answer in answers) == 25

    def test_key_expires_once_full(self) -> None:
        key = fresh()
        limits.take(key, capacity=10, per_seconds=0.2)
        assert 0 < client().pttl(limits.PREFIX + key) <= 25

    @on_one_server
    @given(capacity=st.integers(1, 50), costs=st.lists(st.integers(1, 50), max_size=30), per=st.floats(0.005, 5))
    def test_never_more_than_the_rate(self, capacity: int, costs: list[int], per: float) -> None:
        key, begun, spent = fresh(), time.monotonic(), 0
        for cost in (cost for cost in costs if cost <= capacity):
            answer = limits.take(key, capacity=capacity, per_seconds=per, cost=cost)
            spent += cost if answer.allowed else 0
            assert answer.allowed or 0 < answer.retry_after_seconds <= per
            assert spent <= capacity + (time.monotonic() - begun) / per * capacity + 1e-3

    @on_one_server
    @given(capacity=st.integers(1, 50), costs=st.lists(st.integers(1, 50), max_size=30))
    def test_grants_all_it_has(self, capacity: int, costs: list[int]) -> None:
        key, left = fresh(), capacity
        for cost in (cost for cost in costs if cost <= capacity):
            answer = limits.take(key, capacity=capacity, per_seconds=LONG * 1000, cost=cost)
            assert answer.allowed == (cost <= left)
            left -= cost if answer.allowed else 0

    @pytest.mark.parametrize(("capacity", "per", "cost"), [(0, 1, 0), (2, 1, 3), (2, 0, 1), (2, 1, 0)])
    def test_senseless_buckets_are_refused(self, capacity: int, per: float, cost: int) -> None:
        with pytest.raises(ValueError, match="cost"):
            limits.take(fresh(), capacity=capacity, per_seconds=per, cost=cost)


class TestTakeMany:
    def test_all_or_none(self) -> None:
        wide, narrow = Bucket(fresh(), 10, LONG), Bucket(fresh(), 1, LONG)
        assert limits.take_many([wide, narrow]).allowed
        refused = limits.take_many([wide, narrow])
        assert (refused.allowed, refused.refused_by) == (False, narrow.key)
        # The wide one paid once, not twice.
        assert [limits.take_many([wide]).allowed for _ in range(10)] == [True] * 9 + [False]

    def test_longest_wait_wins(self) -> None:
        soon, late = Bucket(fresh(), 1, 10), Bucket(fresh(), 1, 1000)
        limits.take_many([soon, late])
        refused = limits.take_many([soon, late])
        assert refused.refused_by == late.key
        assert 900 < refused.retry_after_seconds <= 1000

    def test_async_twin_shares_the_buckets(self) -> None:
        key = fresh()
        limits.take(key, capacity=2, per_seconds=LONG)

        async def ask() -> list[bool]:
            answers = [await limits.take_async(key, capacity=2, per_seconds=LONG) for _ in range(2)]
            other = await limits.take_many_async([Bucket(fresh(), 1, 1), Bucket(fresh(), 1, 1)])
            await async_client().aclose()
            return [answer.allowed for answer in (*answers, other)]

        assert asyncio.run(ask()) == [True, False, True]

    def test_a_bucket_twice_is_a_mistake(self) -> None:
        bucket = Bucket(fresh(), 2, LONG)
        with pytest.raises(ValueError, match="once"):
            limits.take_many([bucket, bucket])


class TestTakeWindow:
    def test_never_more_in_any_span(self) -> None:
        key, allowed = fresh(), []
        end = time.monotonic() + 0.7
        while time.monotonic() < end:
            before = time.monotonic()
            if limits.take_window(key, limit=5, per_seconds=0.2).allowed:
                allowed.append((before, time.monotonic()))
        # Of any six calls the last was counted at least a window after the first.
        assert all(allowed[i + 5][1] - allowed[i][0] >= 0.2 for i in range(len(allowed) - 5))
        assert len(allowed) >= 15

    def test_less_important_callers_stop_earlier(self) -> None:
        key = fresh()
        reads = [limits.take_window(key, limit=3, per_seconds=LONG).allowed for _ in range(5)]
        writes = [limits.take_window(key, limit=5, per_seconds=LONG).allowed for _ in range(3)]
        assert (reads, writes) == ([True] * 3 + [False] * 2, [True, True, False])

    def test_waiting_as_told_is_enough(self) -> None:
        key = fresh()
        for _ in range(3):
            limits.take_window(key, limit=3, per_seconds=0.15)
        answer = limits.take_window(key, limit=3, per_seconds=0.15)
        time.sleep(answer.retry_after_seconds)
        assert limits.take_window(key, limit=3, per_seconds=0.15).allowed

    def test_racers_share_exactly_the_limit(self) -> None:
        key = fresh()
        with ThreadPoolExecutor(30) as pool:
            answers = list(pool.map(lambda _: limits.take_window(key, limit=120, per_seconds=LONG), range(400)))
        assert sum(answer.allowed for answer in answers) == 120

    def test_pause_stops_everybody(self) -> None:
        key = fresh()
        limits.pause_window(key, seconds=0.1)
        refused = limits.take_window(key, limit=1000, per_seconds=LONG)
        assert not refused.allowed
        time.sleep(refused.retry_after_seconds + 0.002)
        assert limits.take_window(key, limit=1, per_seconds=LONG).allowed

    def test_lesser_pause_stops_the_less_important_and_replaces_nothing(self) -> None:
        key = fresh()
        limits.pause_window(key, seconds=60, below=10)
        assert limits.take_window(key, limit=10, per_seconds=LONG).allowed
        assert not limits.take_window(key, limit=9, per_seconds=LONG).allowed
        limits.pause_window(key, seconds=60)
        limits.pause_window(key, seconds=60, below=10)
        assert not limits.take_window(key, limit=10, per_seconds=LONG).allowed
