"""The jobs table: leases, fences, retries, the dead."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from portal.core import clock, db, queue
from portal.core.errors import CalendarUnavailable, InvalidArgument
from portal.core.queue import REGISTRY, LeaseLost, Run
from tests.factories import MadeTenant, TenantFactory, administrator
from tests.workers import workers


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    return tenants.make(calendar=False)


@pytest.fixture
def job() -> Iterator[Callable[[Callable[[Run], None]], str]]:
    """Register a function as job ``test`` for one test."""

    def register(function: Callable[[Run], None]) -> str:
        REGISTRY["test"] = function
        return "test"

    yield register
    REGISTRY.pop("test", None)


def store(shop: MadeTenant, **options: Any) -> UUID:
    with db.customer(shop.id).begin() as scope:
        stored = scope.enqueue("test", **options)
    assert stored is not None
    return stored


def row(tenants: TenantFactory, job_id: UUID) -> tuple[Any, ...]:
    with psycopg.connect(tenants.admin_url) as connection:
        found = connection.execute("select state, attempts, last_error from portal.jobs where id = %s", [job_id])
        return found.fetchone() or ()


def change(tenants: TenantFactory, statement: str) -> None:
    with psycopg.connect(tenants.admin_url, autocommit=True) as connection:
        connection.execute(statement)


class TestRun:
    def test_once(self, tenants: TenantFactory, shop: MadeTenant, job: Any) -> None:
        seen: list[Run] = []
        job(seen.append)
        stored = store(shop, booking_id="b1")
        assert [queue.run_claimed(stored), queue.run_claimed(stored)] == ["done", "skipped"]
        assert (seen[0].access, seen[0].args, seen[0].attempt) == (db.worker(shop.id), {"booking_id": "b1"}, 1)
        assert row(tenants, stored) == ("done", 1, None)

    def test_not_before_its_time(self, shop: MadeTenant, job: Any) -> None:
        job(lambda run: None)
        assert queue.run_claimed(store(shop, delay_seconds=60)) == "skipped"

    def test_rolled_back_with_its_transaction(self, tenants: TenantFactory, shop: MadeTenant) -> None:
        stored: list[UUID | None] = []

        def store_and_fail() -> None:
            with db.customer(shop.id).begin() as scope:
                stored.append(scope.enqueue("test"))
                raise InvalidArgument

        with pytest.raises(InvalidArgument):
            store_and_fail()
        assert stored[0] is not None
        assert row(tenants, stored[0]) == ()

    def test_dedup_key(self, shop: MadeTenant, job: Any) -> None:
        job(lambda run: None)
        first = store(shop, dedup_key="k")
        with db.customer(shop.id).begin() as scope:
            assert scope.enqueue("test", dedup_key="k") is None
        queue.run_claimed(first)
        assert store(shop, dedup_key="k") != first

    def test_customer_cannot_store_for_another_tenant(self, shop: MadeTenant) -> None:
        with pytest.raises(Exception, match="privilege"), db.nobody().begin() as scope:
            scope.enqueue("test")


class TestAnnounce:
    def test_many_at_once_as_one_by_one(self, shop: MadeTenant, job: Any) -> None:
        done: list[Run] = []
        job(done.append)
        app = queue.huey()
        app.storage.flush_queue()
        ids = [store(shop), store(shop), store(shop)]
        app.storage.flush_queue()
        queue.announce_all(ids[:2])
        queue.announce(ids[2])
        while (task := app.dequeue()) is not None:
            app.execute(task)
        assert [run.job_id for run in done] == ids

    def test_redis_away_loses_nothing(self, shop: MadeTenant, job: Any, configure: Callable[..., None]) -> None:
        done: list[Run] = []
        job(done.append)
        stored = store(shop)
        configure(REDIS_URL="redis://127.0.0.1:1/0")
        queue.announce_all([stored])
        assert done == []
        queue.drain()
        assert [run.job_id for run in done] == [stored]


class TestDelay:
    def test_workers_keep_to_the_second(self, database: str, valkey: Any) -> None:
        with workers(2):
            enqueue_sweep()
            wait_until_done(database, 1)
            for _ in range(8):
                enqueue_sweep(delay_seconds=2)
            done = wait_until_done(database, 9)
        assert [attempts for attempts, _ in done] == [1] * 9
        assert max(late for _, late in done[1:]) < 5

    def test_late_ones_wait_in_the_table_only(self, shop: MadeTenant, valkey: Any) -> None:
        store(shop, delay_seconds=10)
        store(shop, delay_seconds=3600)
        assert queue.huey().scheduled_count() == 1


def enqueue_sweep(**options: Any) -> None:
    with db.worker().begin() as scope:
        scope.enqueue("sweep_identity", **options)


def wait_until_done(database: str, number: int, *, seconds: float = 60) -> list[tuple[int, float]]:
    """Attempts and seconds late of each, in the order of their times, once so many are done."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done = administrator(database).execute(
            "select attempts, extract(epoch from finished_at - run_at)::float8 from portal.jobs"
            " where name = 'sweep_identity' and dedup_key is null and state = 'done' order by run_at"
        )
        if len(found := done.fetchall()) == number:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{number} jobs are not done in {seconds} s")


class TestFailure:
    def test_transient_is_tried_again(self, tenants: TenantFactory, shop: MadeTenant, job: Any) -> None:
        def fail(run: Run) -> None:
            raise CalendarUnavailable

        job(fail)
        stored = store(shop)
        assert queue.run_claimed(stored) == "retry"
        assert row(tenants, stored)[:2] == ("ready", 1)
        assert queue.run_claimed(stored) == "skipped"  # backing off
        [announced] = queue.huey().scheduled()
        assert announced.args == (str(stored),)
        assert 50 < (announced.eta - clock.now().replace(tzinfo=None)).total_seconds() < 61

    def test_permanent_is_dead_at_once(self, tenants: TenantFactory, shop: MadeTenant, job: Any) -> None:
        def fail(run: Run) -> None:
            raise InvalidArgument("no such thing")

        job(fail)
        stored = store(shop)
        assert queue.run_claimed(stored) == "dead"
        with psycopg.connect(tenants.admin_url) as connection:
            failures = connection.execute(
                "select tenant_id, name, attempts, last_error from portal.job_failures"
            ).fetchall()
        assert failures == [(shop.id, "test", 1, "invalid_argument: no such thing")]

    def test_dead_after_ten(self, tenants: TenantFactory, shop: MadeTenant, job: Any) -> None:
        def fail(run: Run) -> None:
            raise RuntimeError("holds ana@example.com")

        job(fail)
        stored = store(shop)
        outcomes = []
        for _ in range(10):
            change(tenants, "update portal.jobs set run_at = now()")
            outcomes.append(queue.run_claimed(stored))
        assert outcomes == ["retry"] * 9 + ["dead"]
        assert row(tenants, stored) == ("dead", 10, "RuntimeError")  # never the text


class TestLease:
    def test_taken_over_is_fenced(self, tenants: TenantFactory, shop: MadeTenant, job: Any) -> None:
        effects: list[int] = []

        def slow(run: Run) -> None:
            if run.attempt == 1:
                change(tenants, "update portal.jobs set lease_until = now() - interval '1 second'")
                assert queue.run_claimed(run.job_id) == "done"
                with pytest.raises(LeaseLost):
                    run.renew()
            with run.finishing() as scope:
                scope.execute("update portal.tenant_integrations set stripe_status = :by", by=str(run.attempt))
            effects.append(run.attempt)

        job(slow)
        assert queue.run_claimed(store(shop)) == "skipped"
        assert effects == [2]
        with psycopg.connect(tenants.admin_url) as connection:
            assert connection.execute("select stripe_status from portal.tenant_integrations").fetchone() == ("2",)

    def test_killed_worker_is_found_by_the_sweeper(self, tenants: TenantFactory, shop: MadeTenant, job: Any) -> None:
        job(lambda run: None)
        stored = store(shop)
        with db.worker().begin() as scope:
            scope.execute("select * from portal.claim_job(:id, 120)", id=stored)
        assert queue.drain() == 0
        change(tenants, "update portal.jobs set lease_until = now() - interval '1 second'")
        assert queue.drain() == 1
        assert row(tenants, stored)[:2] == ("done", 2)

    def test_killed_at_its_last_attempt_is_buried(self, tenants: TenantFactory, shop: MadeTenant, job: Any) -> None:
        job(lambda run: None)
        stored = store(shop)
        change(tenants, "update portal.jobs set state = 'running', attempts = 10, lease_until = now() - interval '1 s'")
        assert queue.drain() == 0
        assert row(tenants, stored) == ("dead", 10, "the worker died")


class TestPeriodic:
    def test_fires_once_however_many_ask(self, tenants: TenantFactory, valkey: Any) -> None:
        with db.worker().begin() as scope:
            claims = [scope.execute("select portal.claim_tick('t', 1)").scalar() for _ in range(3)]
        assert claims == [True, False, False]
