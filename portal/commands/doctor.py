"""`portal doctor`: what is there, what is missing, how to mend it."""

import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import redis
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from portal.commands import chromium, database, frontend, model_check
from portal.commands.configuration import load_settings
from portal.commands.places import ROOT
from portal.commands.sandboxed import PROVIDERS, Provider
from portal.core import schema
from portal.core.settings import Settings
from portal.runtime.disk import NEEDED_BYTES
from portal.runtime.errors import StartError


@dataclass(frozen=True)
class Finding:
    """One line of the table. `needed` False: its lack is shown, but it is not a fault."""

    what: str
    good: bool
    detail: str
    mend: str = ""
    needed: bool = True


def run_doctor(console: Console) -> bool:
    """Print the table. True when nothing that is needed is missing."""
    try:
        findings = list(examine(load_settings()))
    except StartError as error:
        findings = [_python(), Finding("Settings", False, str(error), "Correct the setting that is named.")]
    console.print(_table(findings))
    return all(finding.good for finding in findings if finding.needed)


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, in the order of the table."""
    yield _python()
    yield Finding("Settings", True, f"environment {settings.environment}")
    yield _disk()
    yield from check_database(settings)
    yield _redis(settings)
    yield _frontend()
    with ThreadPoolExecutor() as pool:
        yield from pool.map(lambda provider: _provider(provider, settings), PROVIDERS)
    if settings.has_own_model and not settings.sandbox:
        yield _own_model(settings)
    yield _chromium()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "Install Python 3.11 or later.")


def _disk() -> Finding:
    free = shutil.disk_usage(ROOT).free
    return Finding("Disk", free >= NEEDED_BYTES, f"{free / 1e9:.1f} GB free", "Free at least 1 GB.")


def check_database(settings: Settings) -> Iterator[Finding]:
    url = settings.database_url
    if not url:
        yield Finding(
            "Database", False, "DATABASE_URL is not set", "Set it, or use `portal demo`, which brings a server."
        )
        return
    reached = _attempt("Database", lambda: database.check_reachable(url), database.place(url), "Check DATABASE_URL.")
    yield reached
    if not reached.good:
        return
    current = schema.is_at_head(url)
    yield Finding("Migrations", current, "at head" if current else "behind or absent", "Run `portal migrate`.")
    if current:
        yield _scope()


def _scope() -> Finding:
    """Whether the database believes what web and worker seal, asked as they ask."""
    from portal.core import db

    fault = db.scope_fault()
    return Finding("Scope key", fault is None, fault or "known to the database", "Run `portal migrate`.")


def _redis(settings: Settings) -> Finding:
    url = settings.redis_url
    if not url:
        return Finding("Redis", False, "REDIS_URL is not set", "Set it, or use `portal demo`, which brings a server.")

    def ping() -> None:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()

    return _attempt("Redis", ping, database.place(url), "Check REDIS_URL.")


def _frontend() -> Finding:
    if not frontend.is_built():
        return Finding("Frontend", False, "not built", "Run `portal build`.")
    current = frontend.is_current()
    return Finding("Frontend", current, "built" if current else "built from other sources", "Run `portal build`.")


def _provider(provider: Provider, settings: Settings) -> Finding:
    """Whether its address answers at all; asked without a key, so any HTTP status will do."""
    url = getattr(settings, provider.url_setting)
    setting = provider.url_setting.upper()

    def ask() -> None:
        request = urllib.request.Request(url, method="HEAD", headers={"User-Agent": "booking-portal-doctor"})  # noqa: S310
        try:
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310 - an address from the settings
        except urllib.error.HTTPError as answer:
            answer.close()

    found = _attempt(provider.name, ask, url, f"Check {setting} and this machine's way to the internet.")
    return Finding(found.what, found.good, found.detail, found.mend, needed=provider.name in ("Cal.com", "Anthropic"))


def _own_model(settings: Settings) -> Finding:
    """What a server without a key can do; Anthropic's own can do everything, and an answer of it costs money."""
    what, mend = (
        f"Model {settings.anthropic_model}",
        "Choose a model of that server that can call tools (ANTHROPIC_MODEL).",
    )
    try:
        found = model_check.abilities(settings)
    except OSError as error:
        return Finding(what, False, f"no answer: {error}", "Start the server at ANTHROPIC_BASE_URL.")
    return Finding(what, found.suffices, str(found), mend)


def _chromium() -> Finding:
    found = chromium.find_chromium()
    return Finding("Chromium (tests)", found is not None, str(found or "none"), chromium.ADVICE, needed=False)


def _attempt(what: str, check: Callable[[], None], detail: str, mend: str) -> Finding:
    try:
        check()
    except (StartError, OSError, ValueError, redis.RedisError) as error:
        reason = str(error) if isinstance(error, StartError) else f"{detail}: {_short(error)}"
        return Finding(what, False, reason, mend)
    return Finding(what, True, detail)


def _short(error: Exception) -> str:
    # Of a URL error the reason; of others the type: their texts may repeat an address with its password.
    return str(error.reason) if isinstance(error, urllib.error.URLError) else type(error).__name__


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for column in ("", "Check", "Found", "How to mend it"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        mark = "[green]✓[/green]" if finding.good else "[red]✗[/red]" if finding.needed else "[yellow]–[/yellow]"
        table.add_row(mark, finding.what, escape(finding.detail), "" if finding.good else escape(finding.mend))
    return table
