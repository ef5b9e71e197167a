"""Chats and the audit log, as they are read."""

import csv as reader
import io
import json
from typing import Any

import pytest

from portal.core import db
from portal.core.errors import Forbidden, InvalidArgument, NotFound
from portal.core.ids import new_id
from portal.domain import conversation
from portal.domain.admin import audit, chats, csv, overview, services
from portal.domain.conversation import NewMessage
from portal.web.admin.chats.rows import heading
from tests.domain.admin.conftest import Shop

CALL = {"type": "tool_use", "id": "call-1", "name": "check_availability", "input": {"service_id": "x"}}
LOST = {"type": "tool_use", "id": "call-2", "name": "get_services", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "call-1", "content": '{"slots": []}', "is_error": True}


def chat(shop: Shop, *said: str, tenant: Any = None) -> Any:
    """A conversation of these words; the assistant calls a tool after the first."""
    access = db.customer(tenant or shop.id)
    session = conversation.start(access, ip_hash=None, user_agent=None)
    owned = db.customer(tenant or shop.id, session_id=session.session_id)
    for text in said:
        messages = [
            NewMessage("user", [{"type": "text", "text": text}]),
            NewMessage(
                "assistant", [{"type": "text", "text": "Let me look."}, CALL, LOST], input_tokens=10, output_tokens=2
            ),
            NewMessage("tool", [RESULT]),
            NewMessage("assistant", [{"type": "text", "text": "Nothing <b>free</b>."}], cards=[{"event": "handoff"}]),
        ]
        conversation.append(owned, messages)
    return session.session_id


class TestChats:
    def test_transcript(self, shop: Shop) -> None:
        session = chat(shop, "Hello <script>")
        booking = new_id()
        shop.rows(
            "insert into portal.bookings (id, tenant_id, service_name, attendee_name, attendee_email, start_time,"
            " end_time, cal_booking_uid) values"
            " (%s, %s, 'Cut', 'A', 'a@example.com', now(), now() + interval '1 hour', 'uid-1')",
            booking, shop.id,
        )  # fmt: skip
        shop.rows(
            "update portal.chat_sessions set converted_booking_id = %s, outcome = 'booked' where id = %s",
            booking,
            session,
        )
        read = chats.transcript(shop.staff, shop.id, session)
        assert (read.outcome, read.booking_id, read.booking_uid) == ("booked", booking, "uid-1")
        assert [(each.role, each.text) for each in read.messages[1:]] == [
            ("user", "Hello <script>"), ("assistant", "Let me look."), ("assistant", "Nothing <b>free</b>."),
        ]  # fmt: skip
        [answered, lost] = read.messages[2].tools
        assert (answered.name, answered.input, answered.result, answered.failed) == (
            "check_availability", {"service_id": "x"}, '{"slots": []}', True,
        )  # fmt: skip
        assert (lost.result, lost.failed) == (None, False)
        assert read.messages[2].tokens == 12
        assert (read.spent.tokens, read.cache_percent, read.cost_usd) == (12, 0, None), "of no known model"
        assert read.messages[3].cards == ({"event": "handoff"},)

    def test_cost(self, shop: Shop) -> None:
        session = chat(shop, "Hello")
        shop.rows(
            "update portal.chat_messages set model = 'claude-haiku-4-5-20251001', input_tokens = 1000,"
            " output_tokens = 200, cache_read_tokens = 8000, cache_write_tokens = 1000"
            " where session_id = %s and input_tokens > 0",
            session,
        )
        read = chats.transcript(shop.staff, shop.id, session)
        assert (read.cache_percent, read.cost_usd) == (80, 0.00405)
        shown = heading(read, "UTC")
        assert (shown.cached, shown.cost) == ("80 %", "$0.004")
        found = overview.overview(shop.owner, shop.id)
        assert (found.spent.cache_percent, found.spent.each(1)) == (80, 4050)
        shop.rows("update portal.chat_messages set model = 'another' where session_id = %s", session)
        read = chats.transcript(shop.staff, shop.id, session)
        assert read.cost_usd is None
        assert heading(read, "UTC").cost == "no price known for its model"

    def test_list(self, shop: Shop) -> None:
        chat(shop)
        first, second = chat(shop, "One", "Two"), chat(shop, "  Three\nlines ")
        chat(shop, "Elsewhere", tenant=shop.other.id)
        shop.rows("update portal.chat_sessions set outcome = 'handed_off' where id = %s", first)
        listed = chats.list_chats(shop.staff, shop.id).items
        assert [(line.id, line.messages, line.preview) for line in listed] == [
            (second, 1, "Three lines"),
            (first, 2, "One"),
        ]
        assert [
            line.id for line in chats.list_chats(shop.staff, shop.id, chats.Wanted(outcome="handed_off")).items
        ] == [first]
        assert chats.list_chats(shop.staff, shop.id, chats.Wanted(booked=True)).items == ()
        page = chats.list_chats(shop.staff, shop.id, limit=1)
        assert [line.id for line in chats.list_chats(shop.staff, shop.id, limit=1, after=page.next).items] == [first]

    def test_strangers_read_nothing(self, shop: Shop) -> None:
        session = chat(shop, "Hello")
        with pytest.raises(NotFound):
            chats.transcript(shop.stranger, shop.id, session)
        with pytest.raises(NotFound):
            chats.transcript(shop.stranger, shop.other.id, session)


class TestAudit:
    def test_filters_pages_and_export(self, shop: Shop) -> None:
        made = services.create(shop.owner, shop.id, {"name": "=Shave", "duration_minutes": 40})
        changed = services.update(shop.operator, shop.id, made.id, {"price_cents": 100}, version=made.version)
        services.delete(shop.owner, shop.id, made.id, version=changed.version)
        services.create(shop.stranger, shop.other.id, {"name": "Elsewhere", "duration_minutes": 40})

        def acts(**wanted: Any) -> list[str]:
            return [entry.action for entry in audit.list_entries(shop.owner, shop.id, audit.Wanted(**wanted)).items]

        assert acts() == ["service.deleted", "service.updated", "service.created"]
        assert acts(action="service.updated") == ["service.updated"]
        assert acts(action="service") == acts()
        assert acts(action="serv") == []
        assert acts(target_type="service", target_id=str(made.id)) == acts()
        assert acts(actor_id=shop.operator.user_id) == ["service.updated"]
        entries = audit.list_entries(shop.owner, shop.id).items
        assert [entry.actor for entry in entries] == ["owner@shop.example", "Platform support", "owner@shop.example"]
        assert entries[1].details == {"changes": {"price_cents": {"before": None, "after": 100}}}
        page = audit.list_entries(shop.owner, shop.id, limit=2)
        rest = audit.list_entries(shop.owner, shop.id, limit=2, after=page.next)
        assert (*page.items, *rest.items) == entries
        assert rest.next is None
        table = b"".join(csv.audit_log(shop.owner, shop.id)).decode("utf-8-sig")
        rows = list(reader.DictReader(io.StringIO(table, newline="")))
        assert [row["action"] for row in rows] == acts()
        assert json.loads(rows[1]["details"]) == entries[1].details

    def test_only_for_admins(self, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            audit.list_entries(shop.staff, shop.id)
        with pytest.raises(Forbidden):
            csv.audit_log(shop.staff, shop.id)
        with pytest.raises(NotFound):
            audit.list_entries(shop.stranger, shop.id)
        with pytest.raises(InvalidArgument):
            audit.list_entries(shop.owner, shop.id, after="x")
