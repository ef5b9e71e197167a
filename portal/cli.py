"""The `portal` command."""

import os
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from portal.core.errors import PortalError
from portal.runtime.errors import StartError, is_no_space
from portal.runtime.stopping import Stopped

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

Host = Annotated[str, typer.Option(envvar="HOST", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; the setting PORT by default.")]


@app.command()
def demo(host: Host = "127.0.0.1", port: Port = None) -> None:
    """Start everything on this machine: servers, demo data, sandbox, web, worker."""
    from portal.commands.demo import run_demo

    run_demo(console, host=host, port=port)


@app.command()
def up(host: Host = "0.0.0.0", port: Port = None) -> None:  # noqa: S104 - a server in production
    """Serve in production: web and queue workers, from a built frontend; needs DATABASE_URL and REDIS_URL."""
    from portal.commands.up import run_up

    run_up(console, host=host, port=port)


@app.command()
def build() -> None:
    """Build the frontend, if its sources changed since the last build."""
    from portal.commands.build import run_build

    run_build(console)


@app.command()
def web(host: Host = "127.0.0.1", port: Port = None) -> None:
    """Run only the web server."""
    from portal.commands import programs
    from portal.commands.configuration import load_settings

    settings = load_settings()
    command = programs.web_command(host=host, port=port or settings.port, workers=settings.web_workers)
    os.execve(command[0], command, programs.web_environment(programs.child_environment()))  # noqa: S606 - our own interpreter


@app.command()
def worker(threads: Annotated[int, typer.Option(min=1, max=64, help="Jobs done at the same time.")] = 4) -> None:
    """Run only a queue worker. SIGINT lets it finish the jobs in hand."""
    from portal.commands.configuration import load_settings

    load_settings()
    import jobs

    jobs.run_worker(threads)


@app.command()
def sandbox(port: Annotated[int, typer.Option(help="Port of 127.0.0.1 to listen on.")] = 9100) -> None:
    """Run only the providers' stand-ins, with the demo tenants' accounts."""
    from portal.commands import programs
    from portal.commands.configuration import load_settings
    from portal.commands.places import STATE

    STATE.mkdir(exist_ok=True)
    command = programs.sandbox_command(port, web_port=load_settings().port)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter


@app.command()
def migrate() -> None:
    """Bring roles and schema of the database to this version, as its owner (DATABASE_OWNER_URL)."""
    from portal.commands import database
    from portal.commands.configuration import load_settings
    from portal.commands.progress import Progress

    settings = load_settings()
    owner_url = settings.database_owner_url or settings.database_url
    if not owner_url:
        raise StartError(
            "DATABASE_OWNER_URL must be set: the address of the database for a user that may create roles."
        )
    with Progress(console).step(f"Roles and migrations of {database.place(owner_url)}"):
        database.migrate(owner_url, app_password=database.app_password(settings.database_url))


@app.command()
def seed() -> None:
    """Store the demo tenants in the database, as its owner (DATABASE_OWNER_URL); safe to repeat."""
    from portal.commands import database
    from portal.commands.configuration import load_settings
    from portal.commands.progress import Progress

    settings = load_settings()
    if not settings.database_url:
        raise StartError("DATABASE_URL must be set: the address of the database for the user portal_app.")
    with Progress(console).step("Demo data"):
        database.seed(settings.database_owner_url or settings.database_url)


tenant = typer.Typer(no_args_is_help=True, help="List, create, open and close the businesses' sites.")
app.add_typer(tenant, name="tenant")


@tenant.command("list")
def list_() -> None:
    """Show all tenants with their status and site."""
    from portal.commands.tenants import list_tenants

    list_tenants(console)


@tenant.command()
def create(
    slug: Annotated[str, typer.Argument(help="First part of its host name, such as bobs-barbershop.")],
    name: Annotated[str, typer.Option(help="Name of the business.")],
    vertical: Annotated[str, typer.Option(help="Key of the template it starts from.")] = "general",
    timezone: Annotated[str, typer.Option(help="IANA time zone.")] = "America/New_York",
) -> None:
    """Create a tenant from its vertical's template; its site opens with `activate`."""
    from portal.commands.tenants import create_tenant

    create_tenant(console, slug=slug, name=name, vertical=vertical, timezone=timezone)


@tenant.command()
def suspend(slug: str) -> None:
    """Close a tenant's site: visitors read that it is not available."""
    from portal.commands.tenants import Status, change_status

    change_status(console, slug=slug, status=Status.SUSPENDED)


@tenant.command()
def activate(slug: str) -> None:
    """Open a tenant's site."""
    from portal.commands.tenants import Status, change_status

    change_status(console, slug=slug, status=Status.ACTIVE)


admin = typer.Typer(no_args_is_help=True, help="The platform's own admins.")
app.add_typer(admin, name="admin")


@admin.callback()
def _admin() -> None:
    """Keeps `create` a command of its own while it is the only one."""


@admin.command("create")
def create_admin(email: str) -> None:
    """Make somebody a platform admin; prints a link with which a new account chooses its password."""
    from portal.commands.admin import create_admin as create

    create(console, email)


secrets = typer.Typer(no_args_is_help=True, help="The key that secrets are sealed with.")
app.add_typer(secrets, name="secrets")


@secrets.command()
def rotate() -> None:
    """Seal every secret under SECRET_KEY anew; what SECRET_KEY_PREVIOUS sealed is read with it. Safe to repeat."""
    from portal.commands.secrets import rotate as rotate_secrets

    rotate_secrets(console)


PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command("eval", context_settings=PASSED_ON)
def evaluate(
    context: typer.Context,
    real: Annotated[bool, typer.Option(help="Ask Anthropic's model, with ANTHROPIC_API_KEY, not the sandbox.")] = False,
) -> None:
    """Hold the evaluation conversations (tests/evals); further arguments go to pytest."""
    from portal.commands.checkout import run_evals

    run_evals(context.args, real=real)


@app.command(context_settings=PASSED_ON)
def bench(context: typer.Context) -> None:
    """Measure (the same as `make bench`); further arguments go to it."""
    from portal.commands.checkout import run_bench

    run_bench(context.args)


@app.command()
def doctor() -> None:
    """Check what the portal needs, and say how to mend what is missing."""
    from portal.commands.doctor import run_doctor

    raise typer.Exit(0 if run_doctor(console) else 1)


def main() -> None:
    """Run the command line; an expected failure is one sentence and exit code 1."""
    try:
        app()
    except (StartError, PortalError, OSError) as error:
        errors.print(f"[red]✗[/red] {escape(sentence(error))}")
        sys.exit(1)
    except (Stopped, KeyboardInterrupt):
        sys.exit(130)


def sentence(error: Exception) -> str:
    """What a person is told."""
    if isinstance(error, OSError) and is_no_space(error):
        return "The disk is full: free at least 1 GB and start again."
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'} cannot be used: {error.strerror or error}."
    return str(error)


if __name__ == "__main__":
    main()
