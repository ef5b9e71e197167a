"""The gate before the websocket: what the pages send passes, what nobody's page sends does not."""

from typing import Any

import pytest

import portal.portal  # noqa: F401 - brings all pages' handlers
from portal.web import gate
from portal.web.chat.state import ChatState
from portal.web.public.book.state import BookState

ROUTER = {"pathname": "/chat", "asPath": "/chat?a=1", "query": {"a": "1"}}
BOOT = "reflex___state____state.hydrate_and_load"


def event(state: Any, handler: str, **payload: Any) -> dict[str, Any]:
    return {"name": f"{state.get_full_name()}.{handler}", "payload": payload, "router_data": ROUTER}


@pytest.mark.parametrize(
    "sent",
    [
        event(ChatState, "say", text="Hi"),
        event(ChatState, "send", form={"message": "Hi"}),
        event(ChatState, "restore"),
        event(BookState, "leave_field", field="email", value="a@b.example"),
        {"name": BOOT, "payload": {"vars": {f"{ChatState.get_full_name()}.session": "x"}, "hashes": None}},
        {"name": BOOT, "payload": {}},
    ],
)
def test_what_pages_send_passes(sent: dict[str, Any]) -> None:
    gate.check_event(sent)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (None, "malformed_event"),
        ("say", "malformed_event"),
        ({"name": 7}, "malformed_event"),
        (event(ChatState, "say", text="Hi") | {"payload": []}, "malformed_event"),
        (event(ChatState, "say", text="Hi") | {"router_data": {"pathname": 7}}, "malformed_event"),
        ({"name": "nobody.does_this"}, "unknown_event"),
        ({"name": "a" * 10_000}, "unknown_event"),
        (event(ChatState, "setvar", var_name="session", value="x"), "unknown_event"),
        (event(ChatState, "say"), "wrong_arguments"),
        (event(ChatState, "say", text=[1]), "wrong_arguments"),
        (event(ChatState, "say", text="Hi", more=1), "wrong_arguments"),
        (event(ChatState, "send", form="Hi"), "wrong_arguments"),
        ({"name": BOOT, "payload": {"vars": {"nobody.has_this": "x"}}}, "unknown_field"),
        ({"name": BOOT, "payload": {"vars": {f"{ChatState.get_full_name()}.session": [1]}}}, "wrong_arguments"),
    ],
)
def test_what_nobodys_page_sends_does_not(sent: Any, reason: str) -> None:
    with pytest.raises(gate.Refused) as refused:
        gate.check_event(sent)
    assert refused.value.reason == reason
