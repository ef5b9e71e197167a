"""`portal admin`: the platform's own admins, made as the database's owner."""

from rich.console import Console
from rich.markup import escape

from portal.commands import database
from portal.commands.running import operator_settings, owner_url
from portal.domain.accounts import create_platform_admin


def create_admin(console: Console, email: str) -> None:
    """Make somebody a platform admin and print how they get in. Raises InvalidArgument."""
    url = owner_url(operator_settings())
    with database.reaching(url):
        link = create_platform_admin(url, email)
    if link is None:
        console.print("[green]✓[/green] This account is a platform admin now: sign in as usual.")
        return
    console.print("[green]✓[/green] Open this link to choose a password. It works once, for seven days:")
    console.print(escape(link.url), soft_wrap=True)
