"""What `portal demo` prints when everything is up."""

import os

from rich.console import Console
from rich.table import Table

from portal.commands.places import LOGS
from portal.commands.sandboxed import PROVIDERS, Provider
from portal.core.settings import Settings

SITES = (
    ("Bob's Barbershop", "bobs-barbershop"),
    ("Bright Smile Dental", "bright-smile-dental"),
    ("Peak Fitness", "peak-fitness"),
    ("Reliable Plumbing", "reliable-plumbing"),
)


def print_summary(console: Console, settings: Settings, *, port: int, stand_ins: list[Provider]) -> None:
    """Sites, admin, demo users, which providers are real, and how to end it."""
    table = Table.grid(padding=(0, 3))
    for name, slug in SITES:
        table.add_row(name, f"[link]http://{slug}.{settings.base_domain}:{port}[/link]")
    table.add_row("Admin", f"[link]http://{settings.base_domain}:{port}/admin[/link]")
    for who, sign_in in _demo_users():
        table.add_row(f"  {who}", sign_in)
    console.print()
    console.print(table)
    console.print()
    console.print(_providers(stand_ins))
    console.print(f"[dim]Logs are in {os.path.relpath(LOGS)}/. Ctrl-C ends everything.[/dim]")


def _providers(stand_ins: list[Provider]) -> str:
    live = [provider.name for provider in PROVIDERS if provider not in stand_ins]
    if not live:
        return "[dim]Every provider is a sandbox on this machine: nothing is sent, charged or called outside.[/dim]"
    return f"[yellow]Live: {', '.join(live)}[/yellow] (a key or an address is set); all others are the sandbox."


def _demo_users() -> list[tuple[str, str]]:
    return []
