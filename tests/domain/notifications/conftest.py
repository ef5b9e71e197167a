"""A business that texts, its bookings, and what Twilio's stand-in really has."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from portal.core import clock, db, queue
from portal.core.ids import new_id
from portal.domain.notifications import planning
from tests.conftest import free_port
from tests.factories import TWILIO, MadeTenant, Sandbox, TenantFactory, insert

# A British number: no registration is asked for.
PHONE = "+447700900123"
US_PHONE = "+14155550123"
CREATE = {"method": "POST", "path_regex": "Messages.json"}


@dataclass
class Texting:
    """A business and its messages. ``others`` makes further ones."""

    tenant: MadeTenant
    sandbox: Sandbox
    connection: "psycopg.Connection[dict[str, Any]]"
    factory: TenantFactory

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """As the database's administrator."""
        done = self.connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []

    def set(self, **columns: Any) -> None:
        """Settings of the business."""
        insert_or_update = ", ".join(f"{name} = excluded.{name}" for name in columns)
        marks = ", ".join(["%s"] * len(columns))
        self.rows(
            f"insert into portal.tenant_sms_settings (tenant_id, {', '.join(columns)}) values (%s, {marks})"
            f" on conflict (tenant_id) do update set {insert_or_update}",
            self.tenant.id, *columns.values(),
        )  # fmt: skip

    def booking(
        self,
        start: datetime | timedelta = timedelta(hours=72),
        *,
        status: str = "confirmed",
        phone: str | None = PHONE,
        consent: bool = True,
        tenant: MadeTenant | None = None,
        uid: str | None = "",
        service: str = "Haircut",
    ) -> UUID:
        """A booking as the calendar accepted it, nothing planned yet."""
        booking_id, whose = new_id(), tenant or self.tenant
        begins = start if isinstance(start, datetime) else clock.now().replace(microsecond=0) + start
        insert(
            self.connection, "bookings",
            id=booking_id, tenant_id=whose.id, service_name=service, attendee_name="Ana", status=status,
            attendee_email="ana@example.com", attendee_phone=phone, consent_sms=consent, start_time=begins,
            end_time=begins + timedelta(minutes=30), cal_booking_uid=f"uid{booking_id.hex}" if uid == "" else uid,
        )  # fmt: skip
        return booking_id

    def change(self, booking_id: UUID, **columns: Any) -> None:
        """Change a booking and have its messages planned, as everybody does who changes one."""
        if "start_time" in columns:
            columns["end_time"] = columns["start_time"] + timedelta(minutes=30)
        assigned = ", ".join(f"{name} = %s" for name in columns)
        if columns:
            self.rows(f"update portal.bookings set {assigned} where id = %s", *columns.values(), booking_id)
        [row] = self.rows("select tenant_id from portal.bookings where id = %s", booking_id)
        with db.worker(row["tenant_id"]).begin() as scope:
            planning.plan(scope, booking_id)

    def planned(self, start: datetime | timedelta = timedelta(hours=72), **options: Any) -> UUID:
        """A booking whose messages are planned and, as far as they are due, sent."""
        booking_id = self.booking(start, **options)
        self.change(booking_id)
        queue.drain()
        return booking_id

    def messages(self, booking_id: UUID) -> list[dict[str, Any]]:
        """Its messages as they are planned, in the order in which they go out."""
        return self.rows("select * from portal.notifications where booking_id = %s order by due_at, kind", booking_id)

    def states(self, booking_id: UUID) -> dict[str, str]:
        """State (and reason) by kind, of the latest start time of each."""
        return {row["kind"]: " ".join(filter(None, (row["state"], row["reason"]))) for row in self.messages(booking_id)}

    def make_due(self, booking_id: UUID, kind: str) -> UUID:
        """Let a planned message's time come, and release it."""
        [row] = self.rows(
            "update portal.notifications set due_at = now() where booking_id = %s and kind = %s and state = 'planned'"
            " returning id", booking_id, kind,
        )  # fmt: skip
        assert planning.release(100) == 1
        found: UUID = row["id"]
        return found

    def job(self, message_id: UUID) -> UUID:
        [row] = self.rows(
            "select id from portal.jobs where name = 'send_sms' and args ->> 'notification_id' = %s"
            " order by created_at desc limit 1", str(message_id),
        )  # fmt: skip
        found: UUID = row["id"]
        return found

    def attempt_again(self, message_id: UUID, *, ago: str = "1 minute") -> str:
        """Let the earlier attempt lie back and do the job once more."""
        job_id = self.job(message_id)
        self.rows("update portal.jobs set run_at = now(), lease_until = now() where id = %s", job_id)
        self.rows(
            f"update portal.notifications set attempted_at = attempted_at - interval '{ago}' where id = %s", message_id
        )
        return queue.run_claimed(job_id)

    def row(self, message_id: UUID) -> dict[str, Any]:
        [found] = self.rows("select * from portal.notifications where id = %s", message_id)
        return found


@pytest.fixture
def texting(
    tenants: TenantFactory, sandbox: Sandbox, database: str, configure: Callable[..., None]
) -> Iterator[Texting]:
    """The platform's account sends; nothing sleeps at night, so that tests pass at any hour."""
    sandbox.twilio()
    configure(
        PORT=str(free_port()),  # nobody listens to callbacks there
        **{f"TWILIO_{name.upper()}": value for name, value in TWILIO.items()},
    )
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection:
        made = Texting(tenants.make("shop"), sandbox, connection, tenants)
        made.set(quiet_hours_enabled=False)
        yield made


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]
