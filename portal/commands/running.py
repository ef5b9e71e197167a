"""Settings of the demo that runs here, for commands given in another terminal."""

from portal.commands import database
from portal.commands.configuration import load_settings, override_settings
from portal.commands.places import STATE
from portal.core.settings import DEVELOPMENT_SECRET, Settings
from portal.runtime.errors import StartError
from portal.runtime.folder import generated_secret
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.valkey import EmbeddedValkey

DATABASE = "portal"


def operator_settings() -> Settings:
    """Settings with which the owner's and the application's database and Redis can be reached.

    They are the given ones, or the running demo's where none are given. Raises StartError when there are neither.
    """
    settings = load_settings()
    found = {} if settings.database_url else _database_of_demo()
    found |= {} if settings.redis_url else _redis_of_demo()
    if found and settings.secret_key.get_secret_value() == DEVELOPMENT_SECRET:
        found["secret_key"] = generated_secret(STATE / "secret_key")
    settings = override_settings(found) if found else settings
    if not settings.database_url or not settings.redis_url:
        raise StartError(
            "No database is known: start `portal demo`, or set DATABASE_OWNER_URL, DATABASE_URL and REDIS_URL."
        )
    return settings


def owner_url(settings: Settings) -> str:
    """The address for whoever may write above the wall. Raises StartError when only the application's is known."""
    url = settings.database_owner_url or settings.database_url
    if database.is_application(url):
        raise StartError("DATABASE_OWNER_URL must be set: the address of the database for the user that migrates it.")
    return url


def demo_urls(server: EmbeddedPostgres) -> tuple[str, str]:
    """The owner's and the application's address of the demo's database on its started server."""
    password = generated_secret(STATE / "app_password")
    return server.url(dbname=DATABASE), server.url(database.APP_LOGIN, password, DATABASE)


def _database_of_demo() -> dict[str, str]:
    server = EmbeddedPostgres(STATE / "postgres")
    if not server.attach():
        return {}
    owner, app = demo_urls(server)
    return {"database_owner_url": owner, "database_url": app}


def _redis_of_demo() -> dict[str, str]:
    server = EmbeddedValkey(STATE / "valkey")
    return {"redis_url": server.url()} if server.attach() else {}
