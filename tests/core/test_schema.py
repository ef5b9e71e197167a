"""The newest migration by file name is the one that the migrations' own chain ends with."""

from alembic.config import Config
from alembic.script import ScriptDirectory

from portal.core import schema


class TestHead:
    def test_is_the_end_of_the_chain(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(schema.VERSIONS.parent))
        assert ScriptDirectory.from_config(config).get_heads() == [schema.head()]
