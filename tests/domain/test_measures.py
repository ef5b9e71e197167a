"""What Prometheus is told of queue, webhooks, messages, bookings and chats."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from prometheus_client import REGISTRY

from portal.core.ids import new_id
from portal.domain import measures
from tests.factories import MadeTenant, TenantFactory


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    return tenants.make("shop")


@pytest.fixture
def run(database: str) -> Callable[..., None]:
    """Statements as the database's administrator."""

    def execute(statement: str, *values: Any) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(statement.encode(), values)

    return execute


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def take() -> None:
    measures.forget()
    measures.take()


class TestTake:
    def test_queue(self, shop: MadeTenant, run: Callable[..., None]) -> None:
        jobs = (
            "insert into portal.jobs (id, tenant_id, name, state, run_at) values (%s, %s, 'send_sms', %s, now() + %s)"
        )
        run(jobs, new_id(), shop.id, "ready", "-90 seconds")
        run(jobs, new_id(), shop.id, "ready", "1 hour")
        run(jobs, new_id(), shop.id, "running", "-5 seconds")
        run(
            "insert into portal.job_failures (tenant_id, job_id, name, payload, attempts, last_error)"
            " values (%s, %s, 'send_sms', '{}', 10, 'x')",
            shop.id, new_id(),
        )  # fmt: skip
        take()
        found = {state: value("portal_jobs", job="send_sms", state=state) for state in measures.STATES}
        assert found == {"waiting": 1, "delayed": 1, "running": 1, "dead": 1}
        assert 89 < (value("portal_job_lag_seconds", job="send_sms") or 0) < 120
        run("delete from portal.jobs")
        run("delete from portal.job_failures")
        take()
        assert value("portal_jobs", job="send_sms", state="waiting") is None

    def test_webhooks(self, shop: MadeTenant, run: Callable[..., None]) -> None:
        event = (
            "insert into portal.booking_events (tenant_id, provider, event_type, body_hash, raw_payload,"
            " processing_status, received_at) values (%s, 'calcom', 'x', %s, '{}', %s, now() - cast(%s as interval))"
        )
        run(event, shop.id, "a", "pending", "40 seconds")
        run(event, shop.id, "b", "failed", "10 minutes")
        run(event, shop.id, "c", "processed", "20 minutes")
        take()
        assert value("portal_webhook_events", provider="calcom", state="pending") == 1
        assert value("portal_webhook_events", provider="calcom", state="failed") == 1
        # What failed waits for people, not for us.
        assert 39 < (value("portal_webhook_lag_seconds", provider="calcom") or 0) < 60
        assert value("portal_webhooks_received_day", provider="calcom") == 3

    def test_activity(self, shop: MadeTenant, run: Callable[..., None]) -> None:
        booking = new_id()
        run(
            "insert into portal.bookings (id, tenant_id, service_id, service_name, attendee_name, attendee_email,"
            " start_time, end_time, status) values (%s, %s, %s, 'Cut', 'Ana', 'ana@example.com', now(),"
            " now() + interval '1 hour', 'confirmed')",
            booking, shop.id, shop.service_id,
        )  # fmt: skip
        run(
            "insert into portal.notifications (tenant_id, booking_id, kind, start_time, to_phone, due_at, state)"
            " values (%s, %s, 'confirmation', now(), '+14155550123', now(), 'delivered')",
            shop.id, booking,
        )  # fmt: skip
        take()
        assert value("portal_bookings_day", status="confirmed") == 1
        assert value("portal_messages_day", state="delivered") == 1

    def test_absent_while_the_database_is_away(
        self, shop: MadeTenant, run: Callable[..., None], configure: Callable[..., None]
    ) -> None:
        run("insert into portal.jobs (id, tenant_id, name) values (%s, %s, 'send_sms')", new_id(), shop.id)
        take()
        assert value("portal_jobs", job="send_sms", state="waiting") == 1
        configure(DATABASE_URL="postgresql://portal_app:x@127.0.0.1:9/nothing")
        take()
        assert value("portal_jobs", job="send_sms", state="waiting") is None
