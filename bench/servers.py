"""A whole backend for one measurement: database, Redis, sandbox and one tenant, all temporary."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from portal.commands import frontend, programs
from portal.core import db, redis, secrets, settings
from portal.core.cache import cache
from portal.models import migrate
from portal.runtime.temporary import temporary_postgres, temporary_valkey
from tests import servers
from tests.conftest import free_port, wait_for
from tests.factories import Sandbox, TenantFactory

ROOT = Path(__file__).parents[1]
PASSWORD = "bench-password"
SERVICES = {"Haircut": {"duration_minutes": 30, "price_cents": 3500}, "Beard trim": {"price_cents": 2000}}


@dataclass(frozen=True)
class BenchSite:
    """A tenant with services, FAQs and a calendar, and the sandbox's controls."""

    tenant_id: UUID
    host: str
    services: Mapping[str, UUID]
    sandbox: Sandbox
    database_url: str

    @property
    def service_id(self) -> UUID:
        return next(iter(self.services.values()))


@contextmanager
def bench_site(
    *, durable: bool = False, services: Mapping[str, dict[str, Any]] = SERVICES, account: dict[str, Any] | None = None
) -> Iterator[BenchSite]:
    """Started and warm; settings of this process point to it. ``durable``: commits reach the disk.

    ``account`` changes the tenant's calendar account.
    """
    with temporary_postgres(durable=durable) as postgres, temporary_valkey() as valkey, _sandbox() as sandbox:
        os.environ |= {
            "PORTAL_DATABASE_URL": postgres.url("portal_app", PASSWORD),
            "PORTAL_REDIS_URL": valkey.url(),
            "PORTAL_SECRET_KEY": "bench-only-secret-key-0123456789abcdef",
            "PORTAL_CALCOM_BASE_URL": f"{sandbox.url}/calcom/v2",
            "PORTAL_ANTHROPIC_BASE_URL": f"{sandbox.url}/anthropic",
            "PORTAL_ANTHROPIC_API_KEY": "sk-sandbox",
        }
        for call in (settings.get_settings, secrets.derived_key, db.engine, redis.client, redis.async_client):
            call.cache_clear()
        migrate.bootstrap(postgres.url(), PASSWORD)
        migrate.upgrade(postgres.url())
        cache.wait_until_live()
        made = TenantFactory(postgres.url(), sandbox).make(
            services=dict(services),
            account=account,
            faqs=(("Is there parking?", "Yes, behind the house."), ("Do you take cards?", "Yes, all of them.")),
        )
        yield BenchSite(made.id, made.host, made.services, sandbox, postgres.url())
        db.engine().dispose()


@contextmanager
def web_server(app: str = programs.WEB_APP, **environment: str) -> Iterator[int]:
    """A web process as production starts it; its port. Without built pages it would not start: they are made first."""
    frontend.ensure_current(os.environ)
    with servers.web_server(app, **environment) as port:
        yield port


@contextmanager
def _sandbox() -> Iterator[Sandbox]:
    port = free_port()
    command = [sys.executable, "-m", "portal.sandbox", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        sandbox = Sandbox(f"http://127.0.0.1:{port}")
        wait_for(sandbox.url + "/healthz", process)
        yield sandbox
        sandbox.client.close()
    finally:
        process.terminate()
        process.wait(10)
