"""`portal tenant`: list, create, suspend and activate businesses, as the database's owner."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from portal.commands import database
from portal.commands.running import operator_settings, owner_url
from portal.core import db
from portal.core.settings import Settings
from portal.domain import onboarding
from portal.domain.onboarding import Status

__all__ = ["Status", "change_status", "create_tenant", "list_tenants"]

_COLORS = {Status.ACTIVE: "green", Status.SUSPENDED: "red", Status.ONBOARDING: "yellow"}


def list_tenants(console: Console) -> None:
    """Print all of them."""
    settings = operator_settings()
    url = owner_url(settings)
    with database.reaching(url), db.as_owner(url) as rows:
        found = onboarding.listing(rows)
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for title in ("Slug", "Business", "Vertical", "Time zone", "Status", "Site"):
        table.add_column(title, overflow="fold")
    for row in found:
        color = _COLORS.get(Status(row.status), "dim")
        status = f"[{color}]{row.status}[/{color}]"
        table.add_row(
            row.slug, escape(row.business_name), row.vertical, row.timezone, status, _site(settings, row.slug)
        )
    console.print(table if found else "There are no tenants yet: make one with `portal tenant create`.")


def create_tenant(console: Console, *, slug: str, name: str, vertical: str, timezone: str) -> None:
    """Create one from its vertical's template. Raises PortalError for a bad value or a name that is taken."""
    business = onboarding.checked(slug=slug, name=name, vertical=vertical, timezone=timezone)
    settings = operator_settings()
    url = owner_url(settings)
    with database.reaching(url), db.as_owner(url) as rows:
        onboarding.create(rows, business)
    console.print(
        f"[green]✓[/green] {escape(business.name)} is created. `portal tenant activate {business.slug}` opens"
        f" {_site(settings, business.slug)}"
    )


def change_status(console: Console, *, slug: str, status: Status) -> None:
    """Open or close a site, at once and in every process. Raises NotFound."""
    url = owner_url(operator_settings())
    with database.reaching(url), db.as_owner(url) as rows:
        row = onboarding.change_status(rows, slug, status)
    console.print(f"[green]✓[/green] {escape(row.business_name)} is {row.status}.")


def _site(settings: Settings, slug: str) -> str:
    return settings.public_url(f"{slug}.{settings.base_domain}")
