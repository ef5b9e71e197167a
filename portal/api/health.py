"""Whether this process lives, whether it can serve, and its metrics."""

import asyncio
import time
from collections.abc import Callable
from hmac import compare_digest

import structlog
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from portal.api import client
from portal.core import redis, schema, threads
from portal.core.db import nobody, scope_fault
from portal.core.errors import NotFound
from portal.core.settings import get_settings
from portal.domain import measures

router = APIRouter(tags=["health"])
UNCACHED = {"Cache-Control": "no-store"}
CHECK_SECONDS = 5.0
# Probes of many balancers, or of somebody bored, cost one check a second.
KEPT_SECONDS = 1.0
log = structlog.get_logger("portal.health")
_at_head: set[str] = set()


class Alive(BaseModel):
    status: str = "ok"


class Readiness(BaseModel):
    """`checks`: database, redis, migrations and key (is our SECRET_KEY the database's?), each `ok` or `failed`."""

    status: str
    checks: dict[str, str]


def _database() -> bool:
    with nobody().begin() as scope:
        return bool(scope.execute("select true").scalar())


def _redis() -> bool:
    return bool(redis.client().ping())


def _migrations() -> bool:
    """A database that was at this code's head stays so until the next deployment: asked once."""
    url = get_settings().database_url
    if url not in _at_head and schema.is_at_head(url):
        _at_head.add(url)
    return url in _at_head


def _key() -> bool:
    return scope_fault() is None


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "redis": _redis,
    "migrations": _migrations,
    "key": _key,
}


class Prober:
    """Runs all checks together, at most once in a while, one run for all who ask."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._result: dict[str, str] = {}
        self._until = 0.0

    async def checks(self) -> dict[str, str]:
        async with self._lock:
            if time.monotonic() >= self._until:
                results = await asyncio.gather(*(_run(name, check) for name, check in CHECKS.items()))
                self._result = dict(zip(CHECKS, results, strict=True))
                self._until = time.monotonic() + KEPT_SECONDS
            return self._result


async def _run(name: str, check: Callable[[], bool]) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            passed = await threads.run(check)
    except Exception:
        log.warning("check_failed", check=name, exc_info=True)
        passed = False
    return "ok" if passed else "failed"


@router.get("/healthz", summary="Is this process alive?", response_model=Alive)
async def healthz() -> Response:
    return JSONResponse({"status": "ok"}, headers=UNCACHED)


@router.get(
    "/readyz",
    summary="Can this process serve?",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Something it needs is away"}},
)
async def readyz(request: Request) -> Response:
    prober = request.app.state.prober
    checks = await prober.checks()
    ready = all(result == "ok" for result in checks.values())
    body = {"status": "ready" if ready else "unavailable", "checks": checks}
    return JSONResponse(body, 200 if ready else 503, headers=UNCACHED)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Prometheus metrics, for programs on this machine and for holders of ``METRICS_TOKEN``."""
    if not client.is_local(request.scope, dict(request.scope["headers"])) and not _has_token(request):
        raise NotFound
    await threads.run(measures.take)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST, headers=UNCACHED)


def _has_token(request: Request) -> bool:
    expected = get_settings().metrics_token
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return (
        expected is not None
        and scheme.lower() == "bearer"
        and compare_digest(given.strip().encode(), expected.get_secret_value().encode())
    )
