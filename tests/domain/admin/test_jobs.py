"""What the queue shows to whom, and what becomes of failures that are tried again or put away."""

from typing import Any
from uuid import UUID

import pytest

from portal.core import db, queue
from portal.core.errors import Forbidden, InvalidArgument, NotFound
from portal.core.ids import new_id
from portal.core.queue import Run
from portal.domain.admin import jobs
from tests.domain.admin.conftest import Shop


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[UUID | None]:
    """Jobs called ``note`` add their tenant to this; ``broken`` ones always fail."""
    seen: list[UUID | None] = []

    def note(run: Run) -> None:
        with run.finishing():
            seen.append(run.access.tenant_id)

    def broken(run: Run) -> None:
        raise InvalidArgument("This can never work.")

    monkeypatch.setitem(queue.REGISTRY, "note", note)
    monkeypatch.setitem(queue.REGISTRY, "broken", broken)
    return seen


def enqueue(tenant_id: UUID | None, name: str, *, dedup_key: str | None = None, delay: float = 0) -> UUID:
    with db.worker(tenant_id).begin() as scope:
        stored = scope.enqueue(name, dedup_key=dedup_key, delay_seconds=delay, thing_id=new_id())
    assert stored is not None
    return stored


def give_up(tenant_id: UUID | None, **more: Any) -> UUID:
    """A failed job; its id."""
    job_id = enqueue(tenant_id, "broken", **more)
    assert queue.run_claimed(job_id) == "dead"
    return job_id


@pytest.mark.usefixtures("done")
class TestOverview:
    def test_counts(self, shop: Shop) -> None:
        enqueue(shop.id, "note")
        enqueue(shop.id, "note")
        enqueue(shop.id, "note", delay=600)
        give_up(shop.id)
        shop.rows(
            "update portal.jobs set run_at = now() - interval '90 seconds' where name = 'note' and run_at < now()"
        )
        lines = {line.name: line for line in jobs.overview(shop.owner, shop.id)}
        note = lines["note"]
        assert (note.waiting, note.delayed, note.running, note.failed) == (2, 1, 0, 0)
        assert 89 < note.lag_seconds < 120
        assert (lines["broken"].waiting, lines["broken"].failed, lines["broken"].lag_seconds) == (0, 1, 0)

    def test_everybody_sees_their_own(self, shop: Shop) -> None:
        enqueue(shop.other.id, "note")
        enqueue(None, "note")
        assert jobs.overview(shop.owner, shop.id) == ()
        [line] = jobs.overview(shop.stranger, shop.other.id)
        assert line.waiting == 1
        [whole] = jobs.overview(shop.operator, None)
        assert whole.waiting == 2
        # Somebody who runs the platform, looking at one business, sees that one.
        assert jobs.overview(shop.operator, shop.id) == ()

    def test_not_for_all(self, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            jobs.overview(shop.staff, shop.id)
        with pytest.raises(NotFound):
            jobs.overview(shop.stranger, shop.id)
        with pytest.raises(Forbidden):
            jobs.overview(shop.owner, None)


class TestFailures:
    def test_shown_with_all_that_helps(self, shop: Shop, done: list[UUID | None]) -> None:
        job_id = give_up(shop.id)
        give_up(shop.other.id)
        [failure] = jobs.list_failures(shop.owner, shop.id).items
        assert (failure.job_id, failure.name, failure.tenant_id) == (job_id, "broken", shop.id)
        assert (failure.attempts, failure.error) == (1, "invalid_argument: This can never work.")
        assert (failure.slug, failure.resolution, list(failure.arguments)) == ("shop", None, ["thing_id"])
        assert {each.slug for each in jobs.list_failures(shop.operator, None).items} == {"shop", "other"}

    def test_pages(self, shop: Shop, done: list[UUID | None]) -> None:
        made = [give_up(shop.id) for _ in range(5)]
        seen, after = [], None
        while True:
            page = jobs.list_failures(shop.owner, shop.id, limit=2, after=after)
            seen += [each.job_id for each in page.items]
            after = page.next
            if after is None:
                break
        assert seen == made[::-1]

    def test_tried_again(self, shop: Shop, done: list[UUID | None]) -> None:
        job_id = give_up(shop.id)
        [failure] = jobs.list_failures(shop.owner, shop.id).items
        shop.rows("update portal.jobs set name = 'note' where id = %s", job_id)
        jobs.retry(shop.owner, shop.id, failure.id)
        assert queue.drain() == 1
        assert done == [shop.id]
        assert jobs.list_failures(shop.owner, shop.id).items == ()
        [kept] = jobs.list_failures(shop.owner, shop.id, open_only=False).items
        assert (kept.resolution, kept.resolved_at is not None) == ("retried", True)
        with pytest.raises(jobs.NotOpen):
            jobs.retry(shop.owner, shop.id, failure.id)
        [entry] = [each for each in shop.audit() if each["action"].startswith("job.")]
        assert (entry["action"], entry["target_id"]) == ("job.retried", str(failure.id))

    def test_tried_again_in_vain(self, shop: Shop, done: list[UUID | None]) -> None:
        give_up(shop.id)
        [first] = jobs.list_failures(shop.owner, shop.id).items
        jobs.retry(shop.owner, shop.id, first.id)
        queue.drain()
        [second] = jobs.list_failures(shop.owner, shop.id).items
        assert second.id != first.id
        assert len(jobs.list_failures(shop.owner, shop.id, open_only=False).items) == 2

    def test_put_away(self, shop: Shop, done: list[UUID | None]) -> None:
        give_up(shop.id)
        [failure] = jobs.list_failures(shop.owner, shop.id).items
        jobs.discard(shop.owner, shop.id, failure.id)
        assert jobs.list_failures(shop.owner, shop.id).items == ()
        for act in (jobs.discard, jobs.retry):
            with pytest.raises(jobs.NotOpen):
                act(shop.owner, shop.id, failure.id)
        assert queue.drain() == 0

    def test_the_same_work_is_queued_already(self, shop: Shop, done: list[UUID | None]) -> None:
        give_up(shop.id, dedup_key="same")
        [failure] = jobs.list_failures(shop.owner, shop.id).items
        enqueue(shop.id, "broken", dedup_key="same", delay=60)
        with pytest.raises(jobs.NotOpen):
            jobs.retry(shop.owner, shop.id, failure.id)

    def test_not_of_others(self, shop: Shop, done: list[UUID | None]) -> None:
        give_up(shop.other.id)
        [failure] = jobs.list_failures(shop.stranger, shop.other.id).items
        for act in (jobs.retry, jobs.discard):
            with pytest.raises(NotFound):
                act(shop.owner, shop.id, failure.id)
            with pytest.raises(NotFound):
                act(shop.owner, shop.other.id, failure.id)
            with pytest.raises(Forbidden):
                act(shop.staff, shop.id, failure.id)
        # Nor through another business, by somebody who may see both.
        with pytest.raises(NotFound):
            jobs.retry(shop.operator, shop.id, failure.id)
        jobs.retry(shop.operator, None, failure.id)
        assert queue.drain() == 1
