"""Runs migrations as ``portal_owner`` in schema ``portal``, on the address given by the caller or by settings."""

from alembic import context
from sqlalchemy import create_engine, text

from portal.core.db import sqlalchemy_url
from portal.core.settings import get_settings
from portal.models import metadata


def run() -> None:
    url = context.config.attributes.get("url") or get_settings().database_owner_url
    engine = create_engine(sqlalchemy_url(url), connect_args={"prepare_threshold": None})
    with engine.connect() as connection:
        # Two deployments migrating at once take turns.
        connection.execute(text("select pg_advisory_lock(hashtext('portal.migrate'))"))
        connection.execute(text("set role portal_owner"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            version_table_schema="portal",
            include_schemas=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
