"""Events in the dashboard: listed, shown as they came, run again by hand."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from portal.core import clock, db, queue
from portal.core.errors import Forbidden, InvalidArgument, NotFound
from portal.core.ids import new_id
from portal.domain import phrases
from portal.domain.admin import events
from portal.domain.admin.events import Wanted
from portal.web.admin.events.rows import event_row
from tests.domain.admin.conftest import Shop
from tests.factories import Sandbox


def receive(shop: Shop, kind: str = "PING", *, tenant: Any = None, **payload: Any) -> UUID:
    told = {"triggerEvent": kind, "payload": payload}
    return store("calcom", kind, told, tenant=str(tenant or shop.id), reference=payload.get("uid"))


def report() -> UUID:
    """Of the platform's own account, about a message that nobody knows."""
    return store("twilio", "status", {"fields": {"MessageSid": "SM1", "MessageStatus": "sent"}, "query": {}})


def store(provider: str, kind: str, payload: Any, *, tenant: str | None = None, reference: str | None = None) -> UUID:
    event = {
        "id": str(new_id()), "job_id": str(new_id()), "tenant_id": tenant, "provider": provider, "event_type": kind,
        "provider_event_id": reference, "body_hash": new_id().hex, "payload": payload,
    }  # fmt: skip
    with db.worker().begin() as scope:
        scope.execute("select * from portal.receive_events(cast(:events as jsonb))", events=json.dumps([event]))
    return UUID(event["id"])


class TestList:
    def test_newest_first_by_pages(self, shop: Shop) -> None:
        stored = [receive(shop, f"KIND_{number}") for number in range(5)]
        first = events.list_events(shop.owner, shop.id, limit=2)
        second = events.list_events(shop.owner, shop.id, limit=2, after=first.next)
        last = events.list_events(shop.owner, shop.id, limit=2, after=second.next)
        assert [line.id for page in (first, second, last) for line in page.items] == stored[::-1]
        assert last.next is None

    def test_filters(self, shop: Shop) -> None:
        ping, other = receive(shop), receive(shop, "BOOKING_CREATED", uid="x")
        queue.drain()
        failed = receive(shop, "BOOKING_PAID", uid="y")
        found = lambda **wanted: {  # noqa: E731
            line.id for line in events.list_events(shop.owner, shop.id, Wanted(**wanted)).items
        }
        assert found(kind="PING") == {ping}
        assert found(status="pending") == {failed}
        assert found(status="processed") == {ping, other}
        assert found(provider="twilio") == set()
        today = clock.now().date()
        assert found(first=today - timedelta(days=1), last=today + timedelta(days=1)) == {ping, other, failed}
        assert found(last=today - timedelta(days=2)) == set()
        for wrong in ({"provider": "paypal"}, {"status": "lost"}):
            with pytest.raises(InvalidArgument):
                found(**wrong)

    def test_nobody_elses(self, shop: Shop) -> None:
        receive(shop, tenant=shop.other.id)
        assert events.list_events(shop.owner, shop.id).items == ()
        for who, error in ((shop.staff, Forbidden), (shop.stranger, NotFound)):
            with pytest.raises(error):
                events.list_events(who, shop.id)
        assert len(events.list_events(shop.operator, shop.other.id).items) == 1


class TestGet:
    def test_as_it_came(self, shop: Shop) -> None:
        event_id = receive(shop, "BOOKING_CREATED", uid="x", title="Zoë")
        detail = events.get(shop.owner, shop.id, event_id)
        assert detail.payload == {"triggerEvent": "BOOKING_CREATED", "payload": {"uid": "x", "title": "Zoë"}}
        assert (detail.line.reference, detail.line.status, detail.line.result) == ("x", "pending", None)
        assert "Zoë" not in repr(detail)

    def test_not_there(self, shop: Shop) -> None:
        theirs = receive(shop, tenant=shop.other.id)
        for event_id in (theirs, new_id()):
            with pytest.raises(NotFound):
                events.get(shop.owner, shop.id, event_id)


class TestTriedAgain:
    def test_has_a_word_and_a_time_of_its_own(self, shop: Shop, sandbox: Sandbox) -> None:
        sandbox.fault(provider="calcom", status=503, times=50)
        event_id = receive(shop, "BOOKING_CREATED", uid="x")
        queue.drain()
        detail = events.get(shop.owner, shop.id, event_id)
        [line] = events.list_events(shop.owner, shop.id, Wanted(status="retrying")).items
        assert (detail.line, line.status, line.error) == (line, "retrying", "calendar_unavailable")
        assert line.next_attempt_at is not None
        assert timedelta(0) < line.next_attempt_at - clock.now() <= timedelta(seconds=queue.BACKOFF_SECONDS[0])
        assert events.list_events(shop.owner, shop.id, Wanted(status="failed")).items == ()
        at = line.next_attempt_at.astimezone(ZoneInfo("America/New_York"))
        assert event_row(line, "America/New_York").status.startswith("Tried again ")
        assert event_row(line, "America/New_York").status.endswith(phrases.clock_time(at))
        assert event_row(line, "America/New_York").badge == "brand"
        shop.rows("update portal.jobs set state = 'dead' where args ->> 'event_id' = %s", str(event_id))
        given_up = events.get(shop.owner, shop.id, event_id).line
        assert (given_up.status, given_up.next_attempt_at) == ("failed", None)
        assert event_row(given_up, "America/New_York").status == "Failed"


class TestRerun:
    def test_is_processed_once_more(self, shop: Shop) -> None:
        event_id = receive(shop)
        queue.drain()
        before = events.get(shop.owner, shop.id, event_id).line
        assert (before.status, before.result) == ("processed", "nothing to do")
        assert events.rerun(shop.owner, shop.id, event_id).line.status == "pending"
        assert queue.drain() == 1
        after = events.get(shop.owner, shop.id, event_id).line
        assert after.status == "processed"
        assert after.processed_at != before.processed_at
        assert [(entry["action"], entry["target_id"]) for entry in shop.audit()] == [("event.rerun", str(event_id))]

    def test_may_not(self, shop: Shop) -> None:
        event_id = receive(shop)
        for who, error in ((shop.staff, Forbidden), (shop.stranger, NotFound)):
            with pytest.raises(error):
                events.rerun(who, shop.id, event_id)
        with pytest.raises(NotFound):
            events.rerun(shop.owner, shop.id, receive(shop, tenant=shop.other.id))


class TestOfNobody:
    def test_is_the_platforms(self, shop: Shop) -> None:
        """A report about a message that nobody of ours sent."""
        receive(shop)
        event_id = report()
        queue.drain()
        [line] = events.list_events(shop.operator, None, Wanted(provider="twilio", first=clock.now().date())).items
        assert (line.id, line.status, line.result) == (event_id, "processed", "unknown_message")
        assert events.get(shop.operator, None, event_id).payload["fields"]["MessageSid"] == "SM1"
        assert [each.provider for each in events.list_events(shop.owner, shop.id).items] == ["calcom"]
        with pytest.raises(NotFound):
            events.get(shop.operator, shop.id, event_id)

    def test_is_processed_once_more(self, shop: Shop) -> None:
        event_id = report()
        queue.drain()
        assert events.rerun(shop.operator, None, event_id).line.status == "pending"
        assert queue.drain() == 1
        assert events.get(shop.operator, None, event_id).line.status == "processed"
        with pytest.raises(NotFound):
            events.rerun(shop.operator, None, receive(shop))

    def test_may_not(self, shop: Shop) -> None:
        event_id = report()
        for who in (shop.owner, shop.staff, shop.stranger):
            with pytest.raises(Forbidden):
                events.list_events(who, None)
            for act in (events.get, events.rerun):
                with pytest.raises(Forbidden):
                    act(who, None, event_id)


def test_append_only(shop: Shop) -> None:
    """No role of a tenant's, and no job, changes or deletes what was received."""
    receive(shop)
    people = (shop.owner, shop.operator)
    accesses = [db.worker(shop.id), db.customer(shop.id), *(db.member(who.user_id, shop.id) for who in people)]
    for access in accesses:
        for change in ("update portal.booking_events set raw_payload = '{}'", "delete from portal.booking_events"):
            with pytest.raises(Exception, match="permission denied"), access.begin() as scope:
                scope.execute(change)
    with psycopg.connect(shop.url) as connection:
        assert connection.execute("select count(*) from portal.booking_events").fetchone() == (1,)
