"""What Prometheus is told besides requests: queue, webhooks, messages, bookings, chats. Asked of the database."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from portal.core import db
from portal.domain import spending
from portal.providers import anthropic_models

# Several who ask at once, or often, cost one look.
KEPT_SECONDS: Final = 5.0
JOBS = Gauge("portal_jobs", "Jobs by name and state (waiting, delayed, running, dead).", ("job", "state"))
JOB_LAG = Gauge("portal_job_lag_seconds", "Since when the oldest job of this name could have run.", ("job",))
EVENTS = Gauge(
    "portal_webhook_events", "Received webhooks that are not processed, by provider and state.", ("provider", "state")
)
EVENT_LAG = Gauge(
    "portal_webhook_lag_seconds", "Age of the oldest webhook that waits to be processed, by provider.", ("provider",)
)
MESSAGES = Gauge("portal_messages_day", "Text messages that changed within a day, by state.", ("state",))
BOOKINGS = Gauge("portal_bookings_day", "Bookings that changed within a day, by status.", ("status",))
CHATS = Gauge("portal_chats_day", "Chats begun within a day, by channel.", ("channel",))
RECEIVED = Gauge("portal_webhooks_received_day", "Webhooks received within a day, by provider.", ("provider",))
TOKENS = Gauge(
    "portal_chat_tokens_day", "Tokens of the chats begun within a day, by model and kind.", ("model", "kind")
)
CACHE_SHARE = Gauge("portal_chat_cache_share_day", "Of their input tokens, the share read from the cache.", ("of",))
COST = Gauge(
    "portal_chat_cost_usd_day", "What they cost, in US dollars; absent for a model without a known price.", ("model",)
)
COST_EACH = Gauge("portal_chat_cost_each_usd_day", "The cost of one chat, and for one booking made in a chat.", ("of",))
ACTIVITY: Final = {"messages": MESSAGES, "bookings": BOOKINGS, "chats": CHATS, "events": RECEIVED}
ALL: Final = (JOBS, JOB_LAG, EVENTS, EVENT_LAG, TOKENS, CACHE_SHARE, COST, COST_EACH, *ACTIVITY.values())
STATES: Final = ("waiting", "delayed", "running", "dead")

log = structlog.get_logger("portal.measures")


@dataclass
class _Taken:
    lock: threading.Lock
    until: float = 0.0


_taken = _Taken(threading.Lock())


def take() -> None:
    """Set all gauges to what is so now. While the database cannot be asked they are absent, never outdated."""
    with _taken.lock:
        if time.monotonic() < _taken.until:
            return
        for gauge in ALL:
            gauge.clear()
        try:
            _set_all()
        except SQLAlchemyError:
            log.warning("measures_failed", exc_info=True)
        _taken.until = time.monotonic() + KEPT_SECONDS


def forget() -> None:
    """Have the next :func:`take` look again (tests)."""
    _taken.until = 0.0


def _set_all() -> None:
    with db.worker().begin() as scope:
        jobs = scope.execute(
            "select name, sum(waiting) as waiting, sum(delayed) as delayed, sum(running) as running, sum(dead) as dead,"
            " max(lag) as lag from portal.job_overview() group by name"
        ).all()
        events = scope.execute("select * from portal.event_overview()").all()
        activity = scope.execute("select * from portal.activity_overview()").all()
        tokens = scope.execute("select * from portal.token_overview()").all()
        chats = scope.execute("select * from portal.chat_overview()").one()
    _set_jobs(jobs)
    for row in events:
        EVENTS.labels(row.provider, row.processing_status).set(row.events)
        if row.processing_status == "pending":
            EVENT_LAG.labels(row.provider).set(row.lag)
    for row in activity:
        ACTIVITY[row.subject].labels(row.kind).set(row.amount)
    _set_spending(tokens, chats.chats, chats.booked)


def _set_jobs(rows: Iterable[Any]) -> None:
    for row in rows:
        for state in STATES:
            JOBS.labels(row.name, state).set(getattr(row, state))
        JOB_LAG.labels(row.name).set(row.lag)


def _set_spending(rows: Iterable[Any], chats: int, booked: int) -> None:
    """By the models of the price table; all others are one, and have no cost."""
    used = [(row.model, spending.usage_of(row)) for row in rows]
    for label in {anthropic_models.label(model) for model, _ in used}:
        of_label = spending.spent(each for each in used if anthropic_models.label(each[0]) == label)
        for kind, tokens in vars(of_label.usage).items():
            TOKENS.labels(label, kind.removesuffix("_tokens")).set(tokens)
        if of_label.cost_usd is not None:
            COST.labels(label).set(of_label.cost_usd)
    everything = spending.spent(used)
    CACHE_SHARE.labels("input").set(everything.cache_percent / 100)
    for of, number in (("chat", chats), ("booking", booked)):
        if (micros := everything.each(number)) is not None:
            COST_EACH.labels(of).set(float(micros / spending.MICROS))
