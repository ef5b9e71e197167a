"""`portal tenant` as an operator uses it, and how the demo knows that its database is filled."""

import io
from collections.abc import Callable

import psycopg
import pytest
from rich.console import Console

from portal.commands import database as commands
from portal.commands import tenants
from portal.core.errors import PortalError
from portal.core.settings import get_settings
from portal.domain import demo
from portal.domain.demo_tenants import TENANTS
from portal.domain.onboarding import Status
from portal.runtime.errors import StartError
from tests.runtime.test_commands import portal

pytestmark = pytest.mark.usefixtures("database", "valkey")
SHOP = {"slug": "corner-cuts", "name": "Corner Cuts", "vertical": "salon", "timezone": "America/New_York"}
SLUGS = [tenant.slug for tenant in TENANTS]


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def shown(console: Console) -> str:
    """What was printed since the last look."""
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    console.file = io.StringIO()
    return text


class TestCommands:
    def test_life_of_a_tenant(self, console: Console) -> None:
        tenants.create_tenant(console, **SHOP)
        assert "`portal tenant activate corner-cuts` opens http://corner-cuts.localhost:8000" in shown(console)
        tenants.list_tenants(console)
        assert shown(console).splitlines()[1].split() == [
            *("corner-cuts", "Corner", "Cuts", "salon", "America/New_York", "onboarding"),
            "http://corner-cuts.localhost:8000",
        ]
        tenants.change_status(console, slug="corner-cuts", status=Status.SUSPENDED)
        assert shown(console) == "✓ Corner Cuts is suspended.\n"
        tenants.list_tenants(console)
        assert " suspended " in shown(console)

    def test_nothing_there(self, console: Console) -> None:
        tenants.list_tenants(console)
        assert "There are no tenants yet" in shown(console)

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"slug": "admin"}, "This name is reserved"),
            ({"vertical": "bakery"}, "There is no vertical called 'bakery'"),
            ({"timezone": "Mars"}, "Please choose a time zone"),
        ],
    )
    def test_refused(self, console: Console, changes: dict[str, str], sentence: str) -> None:
        with pytest.raises(PortalError, match=sentence):
            tenants.create_tenant(console, **SHOP | changes)

    def test_application_may_not(self, console: Console, configure: Callable[..., None]) -> None:
        configure(DATABASE_OWNER_URL="")
        with pytest.raises(StartError, match="DATABASE_OWNER_URL must be set"):
            tenants.list_tenants(console)

    def test_refusal_is_one_sentence_on_the_command_line(self) -> None:
        done = portal("tenant", "activate", "nowhere", COLUMNS="200")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "✗ There is no tenant 'nowhere'.\n"


class TestIsFilled:
    def test_with_everything_there(self, database: str) -> None:
        app_url = get_settings().database_url
        assert not commands.is_filled(app_url, SLUGS)
        demo.seed(database)
        assert commands.is_filled(app_url, SLUGS)

    def test_a_tenant_is_missing(self, database: str) -> None:
        demo.seed(database)
        with psycopg.connect(database) as connection:
            connection.execute("delete from portal.tenants where slug = 'peak-fitness'")
        assert not commands.is_filled(get_settings().database_url, SLUGS)

    def test_other_password(self, database: str) -> None:
        demo.seed(database)
        assert not commands.is_filled(get_settings().database_url.replace("app-password", "old-password"), SLUGS)
