"""What the running system says of itself: one JSON line per event, no personal data in it, and Prometheus metrics."""

import asyncio
import atexit
import json
import logging
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TextIO

import structlog
from prometheus_client import Histogram

from portal.core import clock, reporting
from portal.core.redaction import exception_lines, redact_text, redact_value

Event = MutableMapping[str, Any]

# Loggers that set up handlers of their own, or that talk about every request.
OTHERS: Final = ("granian", "_granian", "granian.access", "uvicorn", "uvicorn.access", "reflex", "reflex_base", "huey")
QUIET: Final = ("httpx", "httpx2", "httpcore", "anthropic", "sqlalchemy", "alembic", "socketio", "engineio", "reflex")
# Their messages quote event arguments and whole header dictionaries, cookies included.
QUOTING: Final = ("reflex", "reflex_base", "socketio", "engineio")

FLUSH_SECONDS: Final = 0.1
MOST_WAITING: Final = 200


@dataclass(slots=True)
class Served:
    """The request that is being served, as log lines name it."""

    request_id: str
    tenant: str | None = None


RequestToken = Token[Served | None]
_request: ContextVar[Served | None] = ContextVar("portal_request", default=None)

HTTP_SECONDS = Histogram(
    "portal_http_request_seconds",
    "Time to answer a request, by route template, method and status.",
    ("route", "method", "status"),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


class Sink:
    """Where lines go: a stream, or whatever ``sys.stderr`` is at that moment.

    Lines of requests wait for each other for a moment: a system call each would cost more than all else the edge does.
    """

    stream: TextIO | None = None
    _waiting: ClassVar[deque[str]] = deque()

    @classmethod
    def write(cls, line: str) -> None:
        cls.flush(line)

    @classmethod
    def write_soon(cls, line: str) -> None:
        """Write with the next other line, or within FLUSH_SECONDS. Call it from a running event loop."""
        cls._waiting.append(line)
        if len(cls._waiting) == 1:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, cls.flush)
        elif len(cls._waiting) >= MOST_WAITING:
            cls.flush()

    @classmethod
    def flush(cls, *more: str) -> None:
        lines = []
        with suppress(IndexError):
            while True:
                lines.append(cls._waiting.popleft())
        lines += more
        if not lines:
            return
        try:
            (cls.stream or sys.stderr).write("\n".join([*lines, ""]))
        except (OSError, ValueError):
            # A closed pipe must not fail the request that wanted to log.
            return


atexit.register(Sink.flush)


class LineLogger:
    """What structlog writes rendered lines with; it knows the name it was asked for."""

    def __init__(self, name: str = "portal") -> None:
        self.name = name

    def msg(self, line: str) -> None:
        Sink.write(line)

    log = debug = info = warning = warn = error = critical = exception = fatal = failure = msg


def configure(*, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's loggers through one chain to ``stream`` (default stderr), as JSON.

    Safe to repeat; every process of ours calls it first.
    """
    Sink.flush()
    Sink.stream = stream
    reporting.start()
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, add_names, *CHAIN],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=LineLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if type(handler) not in (Bridge, logging.StreamHandler)]
    root.addHandler(Bridge())
    root.setLevel(number)
    _route_others(number)


def _route_others(level: int) -> None:
    for name in OTHERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)


# --- The request being served ----------------------------------------------------------------------------------------


def enter_request(served: Served) -> RequestToken:
    """Name the request that everything logged from here on, in this task and its threads, belongs to."""
    return _request.set(served)


def leave_request(token: RequestToken) -> None:
    _request.reset(token)


def request_id() -> str | None:
    """The id of the request being served, if any."""
    served = _request.get()
    return served.request_id if served else None


@contextmanager
def request(identifier: str, tenant: str | None = None) -> Iterator[Served]:
    """:func:`enter_request` for a block."""
    served = Served(identifier, tenant)
    token = enter_request(served)
    try:
        yield served
    finally:
        leave_request(token)


def log_access(served: Served, method: str, route: str, status: int, seconds: float) -> None:
    """The one line per request. Every field is ours (a template, never the path; a slug; a checked id), so it needs no
    redaction and no escaping.
    """
    tenant = f'"{served.tenant}"' if served.tenant else "null"
    Sink.write_soon(
        f'{{"event": "request", "level": "info", "logger": "portal.access", "request_id": "{served.request_id}",'
        f' "tenant": {tenant}, "method": "{method}", "route": "{route}", "status": {status},'
        f' "ms": {seconds * 1000:.1f}, "timestamp": "{clock.now().isoformat()}"}}'
    )


_children: dict[tuple[str, str, int], Callable[[float], None]] = {}


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Feed the request histogram. ``route`` and ``method`` come from a bounded set."""
    key = (route, method, status)
    if (observe := _children.get(key)) is None:
        observe = _children[key] = HTTP_SECONDS.labels(route, method, str(status)).observe
    observe(seconds)


# --- The chain -------------------------------------------------------------------------------------------------------


def add_names(logger: Any, method: str, event: Event) -> Event:
    event["level"] = {"warn": "warning", "exception": "error"}.get(method, method)
    event["logger"] = getattr(logger, "name", "portal")
    return event


def add_request(_logger: Any, _method: str, event: Event) -> Event:
    if (served := _request.get()) is not None:
        event.setdefault("request_id", served.request_id)
        if served.tenant:
            event.setdefault("tenant", served.tenant)
    return event


def add_exception(_logger: Any, _method: str, event: Event) -> Event:
    """``exc_info`` becomes ``exception``: lines without the words of errors that may quote a customer."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    event.pop("stack_info", None)
    if isinstance(error, BaseException):
        event["exception"] = exception_lines(error)
    return event


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """Everything but our own exception lines is redacted, by name and by pattern."""
    lines = event.pop("exception", None) if isinstance(event.get("exception"), list) else None
    clean = {key: redact_value(key, value) for key, value in event.items()}
    if lines is not None:
        clean["exception"] = lines
    return clean


def add_time(_logger: Any, _method: str, event: Event) -> Event:
    event["timestamp"] = clock.now().isoformat()
    return event


def render(_logger: Any, _method: str, event: Event) -> str:
    return json.dumps(event, default=lambda value: f"<{type(value).__name__}>")


# The request's id comes after the redaction: it may look like a token, and is ours.
CHAIN: Final[tuple[Any, ...]] = (add_exception, redact, add_request, add_time, reporting.report, render)


# --- The standard library's loggers ----------------------------------------------------------------------------------


class Bridge(logging.Handler):
    """Passes records of the standard library's loggers through the same chain."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            Sink.write(bridge(record))
        except Exception:  # noqa: BLE001 - a record that cannot be rendered must not break its caller
            Sink.write(json.dumps({"event": "log_failed", "level": "error", "logger": record.name}))


def bridge(record: logging.LogRecord) -> str:
    """A standard record as our JSON line."""
    event: Event = {"event": record_text(record), "level": record.levelname.lower(), "logger": record.name}
    if record.name.split(".", 1)[0] in QUOTING:
        event["source"] = f"{record.module}:{record.lineno}"
    if record.exc_info and record.exc_info[1] is not None:
        event["exc_info"] = record.exc_info
    for step in CHAIN[:-1]:
        event = step(None, record.levelname.lower(), event)
    return render(None, "", event)


def record_text(record: logging.LogRecord) -> str:
    """The record's message; of loggers that quote events and headers only the words before the quotation."""
    text = record.getMessage()
    if record.name.split(".", 1)[0] not in QUOTING:
        return text
    title = re.match(r"\[([\w ]+)\]", text)
    words = title.group(1) if title else re.split(r"[\[{('\":\n]", text, maxsplit=1)[0].strip()[:120]
    return redact_text(" ".join([words, *_traceback_places(text)]))


def _traceback_places(text: str) -> list[str]:
    """Of a traceback that was formatted into a text: where, and the last exception's type, not its words."""
    frames = re.findall(r'^\s*File "([^"\n]+)", line (\d+), in (\w+)', text, re.MULTILINE)
    kind = re.match(r"[A-Za-z_][\w.]*(?=:|$)", text.rstrip().rpartition("\n")[2]) if frames else None
    return [f"{file}:{line} {name}" for file, line, name in frames[-12:]] + ([kind.group()] if kind else [])
