"""What all kills share: the job that dies is the one that the test names, and time passes before anybody looks."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.core import db, queue, redis
from tests.factories import administrator
from tests.faults import killing

Recover = Callable[[], None]
Die = Callable[..., int]
# As by waiting: leases and pauses are over. What is asked about a message comes much later.
WAIT = (
    "update portal.proposals set lease_until = now() - interval '1 second' where state = 'executing'",
    "update portal.notifications set attempted_at = attempted_at - interval '1 minute' where state = 'sending'",
    "update portal.jobs set lease_until = now() where state = 'running'",
    "update portal.jobs set run_at = now() where state = 'ready' and name <> 'refresh_sms'",
)
LEFT = "select name, state, last_error from portal.jobs where state <> 'done' and name <> 'refresh_sms'"


@pytest.fixture
def recover(database: str) -> Recover:
    """What time does: leases end, waits are over, the minute's calls are new; the next worker does all that is left."""

    def recovered() -> None:
        redis.client().flushall()
        for _ in range(3):
            with db.worker().begin() as scope:
                scope.enqueue("sweep_expired", dedup_key="periodic")
            for statement in WAIT:
                administrator(database).execute(statement)
            queue.drain()
        assert administrator(database).execute(LEFT).fetchall() == []

    return recovered


@pytest.fixture
def die_at_each_step(request: pytest.FixtureRequest, database: str, recover: Recover) -> Die:
    """``killing.die_at_each_step``, for the job that the test is marked with; recovers before each check."""
    marker = request.node.get_closest_marker("kills")

    def die(make: Callable[[], object], settings: dict[str, str], check: Callable[[], None], **options: Any) -> int:
        def named() -> object:
            what = make()
            if marker is not None:
                name = "select name from portal.jobs where id = %s"
                assert administrator(database).execute(name, [what]).fetchone() == marker.args
            return what

        def checked() -> None:
            recover()
            check()

        return killing.die_at_each_step(named, settings, checked, **options)

    return die
