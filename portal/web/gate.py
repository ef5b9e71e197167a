"""What may pass from a websocket to the pages' handlers; the rest is refused, counted and logged as a warning.

Anybody may send any frame. Without this gate a made-up one reaches the framework, which reports a fault of ours, trace
and all, for each. What still fails behind the gate is ours, and stays an error.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus
from typing import Any

import reflex as rx
import structlog
from prometheus_client import Counter
from pydantic import PydanticUserError, TypeAdapter, ValidationError
from reflex.app import default_backend_exception_handler
from reflex.event import EventSpec
from reflex.state import State
from reflex_base.registry import RegistrationContext
from reflex_base.utils.form import transform_form_data

from portal.core.errors import PortalError

REFUSED = Counter("portal_socket_refused_total", "Frames on pages' websockets that were refused, by why.", ("reason",))
FROM_BROWSERS = frozenset(("event", "ping", "client_error"))
#: Sets any field of a page; no page of ours calls it.
NOBODY_CALLS = "setvar"
#: The framework's handlers that name fields of the browser's storage: {"<state>.<field>": value}.
STORAGE = frozenset(("hydrate_and_load", "update_vars_internal"))
MAX_NAME = 300

Handler = Callable[..., Awaitable[Any]]
log = structlog.get_logger("portal.socket")


class Refused(Exception):
    """``reason``: from a bounded set, nothing of what was sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def guard(app: rx.App) -> None:
    """Put the gate before the app's websocket. The app must have its states."""
    namespace, server = app.event_namespace, app.sio
    if namespace is None or server is None:
        raise RuntimeError("The app has no websocket to guard.")
    namespace.trigger_event = _checked(namespace.trigger_event)
    logging.getLogger("engineio.server").addFilter(_frames_fault)
    server.eio.on("message", _readable(server.eio.handlers["message"]))


def explain(exception: Exception) -> EventSpec | None:
    """What a handler raised that none of its own answers caught: a refusal is no fault of ours."""
    if isinstance(exception, PortalError) and exception.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        _count("handler_refused", detail=exception.reason)
        return None
    return default_backend_exception_handler(exception)


def note_page_error(exception: Exception) -> None:
    """A page says that it broke. Anybody can say so, in any words."""
    _count("page_reports_error")


def _frames_fault(record: logging.LogRecord) -> bool:
    """The protocol's own line about a frame of a kind that there is not: a warning, without a trace."""
    if record.levelno >= logging.ERROR and record.getMessage() == "Unknown receive error":
        REFUSED.labels("unreadable_frame").inc()
        record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
    return True


def _count(reason: str, **known: str) -> None:
    REFUSED.labels(reason).inc()
    log.warning("socket_refused", reason=reason, **known)


def _readable(take: Handler) -> Handler:
    """Each frame's way in: what cannot be read as a message of the protocol is dropped."""

    async def message(connection: str, frame: Any) -> None:
        try:
            await take(connection, frame)
        except Exception:  # noqa: BLE001 - faults behind the gate are logged there: what is left is in the frame
            _count("unreadable_frame")

    return message


def _checked(trigger: Handler) -> Handler:
    """Each message's way to its handler, connects and disconnects too."""

    async def trigger_event(name: Any, *arguments: Any) -> Any:
        try:
            _check(name, arguments)
        except Refused as refused:
            _count(refused.reason)
            return False if name == "connect" else None
        try:
            return await trigger(name, *arguments)
        except Exception as error:  # everything made up was refused before
            log.exception("socket_broke", kind=type(error).__name__)
            return False if name == "connect" else None

    return trigger_event


def _check(name: Any, arguments: tuple[Any, ...]) -> None:
    """``arguments``: the connection's id, and what came with the message. Raises Refused."""
    if name == "disconnect":
        return
    if name == "connect":
        # The first event comes with the connection.
        given = arguments[2] if len(arguments) > 2 else None
        if isinstance(given, dict) and given.get("event") is not None:
            check_event(given["event"])
        return
    if name not in FROM_BROWSERS:
        raise Refused("unknown_message")
    if len(arguments) != (1 if name == "ping" else 2):
        raise Refused("malformed_message")
    if name == "event":
        check_event(arguments[1])


def check_event(event: Any) -> None:
    """An event of a page: a handler that exists, with the arguments that it takes. Raises Refused."""
    if not isinstance(event, dict):
        raise Refused("malformed_event")
    name, payload, router = event.get("name"), event.get("payload", {}), event.get("router_data", {})
    if not isinstance(name, str) or not isinstance(payload, dict) or not _is_route(router):
        raise Refused("malformed_event")
    known = RegistrationContext.get().event_handlers.get(name) if len(name) <= MAX_NAME else None
    _, _, called = name.rpartition(".")
    if known is None or called == NOBODY_CALLS:
        raise Refused("unknown_event")
    _check_arguments(known.handler.fn, payload)
    if called in STORAGE:
        _check_storage(payload.get("vars") or {})


def _is_route(router: Any) -> bool:
    if not isinstance(router, dict):
        return False
    query = router.get("query", {})
    return (
        isinstance(router.get("pathname") or "", str)
        and isinstance(router.get("asPath") or "", str)
        and isinstance(query, dict)
        and all(isinstance(value, str | list) for value in query.values())
    )


def _check_arguments(handler: Callable[..., Any], payload: dict[str, Any]) -> None:
    signature, types = _arguments(handler)
    try:
        signature.bind(None, **payload)
        for name, value in payload.items():
            if name in types:
                hint, adapter = types[name]
                adapter.validate_python(transform_form_data(value, hint))
    except (TypeError, ValueError, ValidationError):
        raise Refused("wrong_arguments") from None


@cache
def _arguments(handler: Callable[..., Any]) -> tuple[inspect.Signature, dict[str, tuple[Any, TypeAdapter[Any]]]]:
    """A handler's arguments, and how to tell whether a value is one; nothing is told of what has no annotation."""
    types, hints = {}, inspect.get_annotations(inspect.unwrap(handler), eval_str=True)
    hints.pop("return", None)
    for name, hint in hints.items():
        try:
            types[name] = (hint, TypeAdapter(hint))
        except PydanticUserError:
            continue
    return inspect.signature(handler), types


def _check_storage(values: dict[str, Any]) -> None:
    for name, value in values.items():
        state, _, _ = name.rpartition(".")
        try:
            State.get_class_substate(state)
        except ValueError:
            raise Refused("unknown_field") from None
        if not isinstance(value, str | None):
            raise Refused("wrong_arguments")
