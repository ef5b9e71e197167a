"""A customer at the keyboard: says things to the production loop and looks at what came back and what was stored."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from portal.assistant import loop
from portal.assistant.events import Done, ErrorEvent, Event, ProposalCard, Slots, Token
from portal.core import db
from portal.domain import conversation
from portal.providers import anthropic
from tests.factories import MadeTenant, Sandbox, TenantFactory

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Heard:
    """Everything one turn told."""

    events: list[Event]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Token))

    @property
    def done(self) -> Done:
        assert isinstance(self.events[-1], Done)
        return self.events[-1]

    @property
    def error(self) -> ErrorEvent | None:
        return self.find(ErrorEvent)

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def find(self, kind: type[E]) -> E | None:
        return next(iter(self.all(kind)), None)

    def get(self, kind: type[E]) -> E:
        found = self.find(kind)
        assert found is not None, f"no {kind.__name__} in {self.events}"
        return found


class Chat:
    """One conversation on one event loop."""

    def __init__(self, made: MadeTenant, factory: TenantFactory, runner: asyncio.Runner) -> None:
        self.made, self.sandbox, self.admin_url, self.runner = made, factory.sandbox, factory.admin_url, runner
        visitor = db.customer(made.id)
        self.session = conversation.start(visitor, ip_hash=None, user_agent="tests", channel="web")
        self.access = replace(visitor, session_id=self.session.session_id)

    def say(self, message: str, **options: Any) -> Heard:
        return self.runner.run(heard(loop.run_turn(self.access, message, **options)))

    def press_confirm(self, proposal_id: UUID, **options: Any) -> Heard:
        return self.runner.run(heard(loop.run_confirm(self.access, proposal_id, **options)))

    def queue(self, *turns: dict[str, Any]) -> None:
        """Exact answers of the model, in order."""
        self.sandbox.post("/_sandbox/anthropic/turns", list(turns))

    def requests(self) -> int:
        """How many requests reached the model since the sandbox was reset."""
        listed = self.sandbox.get("/_sandbox/requests", provider="anthropic")
        return len(listed["requests"])

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        return query(self.admin_url, statement, *values)

    def messages(self, role: str | None = None) -> list[dict[str, Any]]:
        rows = self.rows(
            "select * from portal.chat_messages where session_id = %s order by seq", self.access.session_id
        )
        return [row for row in rows if role in (None, row["role"])]

    def bookings(self) -> list[dict[str, Any]]:
        return self.rows("select * from portal.bookings where tenant_id = %s order by created_at", self.made.id)

    def proposals(self) -> list[dict[str, Any]]:
        return self.rows("select * from portal.proposals where tenant_id = %s order by created_at", self.made.id)

    def history(self) -> list[conversation.MessageView]:
        return conversation.history(self.access)

    def offered(self, *, days_ahead: int = 2, service: str | None = None) -> Slots:
        """Let the model look up a day, so that its times are on offer."""
        day = self.day(days_ahead)
        service_id = self.made.services[service] if service else self.made.service_id
        arguments = {"service_id": str(service_id), "start_date": day, "end_date": day}
        self.queue(calls("check_availability", arguments), {"text": "These are free."})
        return self.say("When are you free? I am Ann Lee, ann@example.com").get(Slots)

    def proposed(self, *, slot: int = 0, **arguments: Any) -> ProposalCard:
        """Let the model prepare a booking of an offered time."""
        start = self.offered().slots[slot].start
        wanted = booking_arguments(self.made, start.strftime("%Y-%m-%dT%H:%M")) | arguments
        self.queue(calls("create_booking", wanted), {"text": "Shall I book it? Please confirm."})
        contact = (wanted["customer_name"], wanted["customer_email"], wanted.get("customer_phone", ""))
        return self.say(f"The first one, {', '.join(filter(None, contact))}").get(ProposalCard)

    @staticmethod
    def day(ahead: int) -> str:
        from datetime import timedelta

        from portal.core.clock import now

        return (now() + timedelta(days=ahead)).date().isoformat()


def calls(name: str, arguments: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """A scripted answer that asks for a tool."""
    return {"tool_use": [{"name": name, "input": arguments}], **extra}


def booking_arguments(made: MadeTenant, start_local: str) -> dict[str, Any]:
    return {
        "service_id": str(made.service_id),
        "start_time_local": start_local,
        "customer_name": "Ann Lee",
        "customer_email": "ann@example.com",
    }


async def heard(events: AsyncIterator[Event]) -> Heard:
    return Heard([event async for event in events])


def query(admin_url: str, statement: str, *values: Any) -> list[dict[str, Any]]:
    """Rows as the database's administrator sees them."""
    with psycopg.connect(admin_url, autocommit=True, row_factory=dict_row) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def event_loop() -> Iterator[asyncio.Runner]:
    """A loop for a whole test, with its model client closed at the end."""
    with asyncio.Runner() as runner:
        yield runner
        runner.run(loop.drain())
        runner.run(anthropic.close())


def hurry(sandbox: Sandbox) -> None:
    """No waiting between the model's words."""
    sandbox.post("/_sandbox/anthropic/pace", {"first_token_ms": 0, "per_token_ms": 0})
