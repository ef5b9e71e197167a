"""Errors go to Sentry where ``SENTRY_DSN`` is set: exactly what the log says of them, after its redaction."""

from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from portal.core.settings import get_settings

Event = MutableMapping[str, Any]
REPORTED = ("error", "critical", "fatal")
FLUSH_SECONDS = 2.0


@lru_cache(maxsize=1)
def start() -> None:
    """Connect once per process; does nothing without a DSN.

    None of the SDK's own integrations: they would send requests, queries and local variables, which hold customers'
    data.
    """
    dsn = get_settings().sentry_dsn
    if dsn is None:
        return
    import sentry_sdk

    sentry_sdk.init(
        dsn.get_secret_value(),
        environment=get_settings().environment,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        server_name="",
        shutdown_timeout=FLUSH_SECONDS,
    )


def report(_logger: Any, _method: str, event: Event) -> Event:
    """A step of the log's chain, behind its redaction: reports an error and passes it on unchanged."""
    if event.get("level") in REPORTED and get_settings().sentry_dsn is not None:
        import sentry_sdk

        known = {key: value for key, value in event.items() if key not in ("event", "level", "logger")}
        name = str(event.get("event"))
        lines = known.get("exception") or [""]
        sentry_sdk.capture_event(
            {
                "message": name,
                "level": "error" if event["level"] == "error" else "fatal",
                "logger": str(event.get("logger", "portal")),
                "extra": known,
                "fingerprint": [name, str(lines[-1]).partition(":")[0]],
            }
        )
    return event
