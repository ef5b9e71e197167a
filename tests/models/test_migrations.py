"""The migrations, and the models that mirror them."""

from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from portal.core import schema
from portal.core.db import sqlalchemy_url
from portal.core.settings import get_settings
from portal.models import metadata, migrate


def in_portal(name: str | None, kind: str, parents: Any) -> bool:
    return name == "portal" if kind == "schema" else name not in schema.OWN_TABLES


class TestMigrations:
    def test_models_mirror_the_database(self, database: str) -> None:
        engine = sqlalchemy.create_engine(sqlalchemy_url(database))
        with engine.connect() as connection:
            options = {"include_schemas": True, "include_name": in_portal, "compare_type": True}
            differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        engine.dispose()
        assert differences == []

    def test_repeating_changes_nothing(self, database: str) -> None:
        migrate.bootstrap(database)
        migrate.upgrade(database)
        assert migrate.is_at_head(get_settings().database_url)

    def test_behind_is_seen(self, database: str, postgres: Any) -> None:
        assert not migrate.is_at_head(postgres.url())

    @pytest.mark.usefixtures("database")
    def test_unreachable_is_not_at_head(self) -> None:
        assert not migrate.is_at_head("postgresql://portal_app:x@127.0.0.1:1/none")
