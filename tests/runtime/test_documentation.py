"""A setting, command, route, hook or job without documentation fails here."""

import re
from pathlib import Path

from portal import reference
from portal.core.settings import Settings

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


class TestReference:
    def test_is_up_to_date(self) -> None:
        advice = "docs/reference.md is out of date: run `uv run python -m portal.reference`"
        assert reference.PATH.read_text() == reference.render(), advice

    def test_everything_says_what_it_does(self) -> None:
        rows = [*reference.commands(), *reference.routes(), *reference.hooks(), *reference.background_jobs()]
        assert len(rows) > 30
        assert [row[0] for row in rows if len(row[1]) < 4] == []

    def test_every_route_is_shown(self) -> None:
        shown = {re.sub(r"[\[\]`]", "", route).partition(" ")[2] for route, _ in reference.routes()}
        short = {path.replace("/tenants/{tenant_id}/", "/", 1) for path in shown}
        assert set(reference.paths()) <= shown | short


class TestSettings:
    def test_each_is_in_the_readme_with_its_default(self) -> None:
        rows = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]*?) \|", README, re.MULTILINE))
        for name, field in Settings.model_fields.items():
            assert name.upper() in rows, f"README.md lacks the setting {name.upper()}"
            if isinstance(field.default, str | int) and field.default not in ("", False):
                assert rows[name.upper()] == f"`{field.default}`"

    def test_none_is_there_that_does_not_exist(self) -> None:
        table = README.partition("## Settings")[2].partition("Read from the environment only")[0]
        named = set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE))
        assert named == {name.upper() for name in Settings.model_fields}
