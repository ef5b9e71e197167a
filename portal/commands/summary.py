"""What `portal demo` prints when everything is up."""

import os
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from portal.commands.places import LOGS
from portal.commands.sandboxed import PROVIDERS, Provider
from portal.core.settings import Settings
from portal.domain import demo_people
from portal.domain.demo_tenants import DemoTenant


def print_summary(
    console: Console, settings: Settings, tenants: Sequence[DemoTenant], *, port: int, stand_ins: list[Provider]
) -> None:
    """Sites, admin, which providers are real, and how to end it."""
    table = Table.grid(padding=(0, 3))
    for tenant in tenants:
        table.add_row(tenant.business_name, f"[link]http://{tenant.slug}.{settings.base_domain}:{port}[/link]")
    table.add_row("Admin", f"[link]http://{settings.base_domain}:{port}/admin[/link]")
    console.print()
    console.print(table)
    console.print(
        f"Sign in as {demo_people.ADMIN} (platform), {demo_people.owner_of('<slug>')} or"
        f" {demo_people.staff_of('<slug>')}; the password is {demo_people.PASSWORD}."
    )
    console.print()
    console.print(_providers(stand_ins))
    console.print(f"[dim]Logs are in {os.path.relpath(LOGS)}/. Ctrl-C ends everything.[/dim]")


def _providers(stand_ins: list[Provider]) -> str:
    live = [provider.name for provider in PROVIDERS if provider not in stand_ins]
    if not live:
        return "[dim]Every provider is a sandbox on this machine: nothing is sent, charged or called outside.[/dim]"
    return f"[yellow]Live: {', '.join(live)}[/yellow] (a key or an address is set); all others are the sandbox."
