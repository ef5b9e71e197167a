"""One build for every host name."""

from pathlib import Path

import pytest

from portal.web.build import SameOriginPlugin

CHUNK = 'var e={PING:"http://localhost:8000/ping",EVENT:"wss://example.com:1/_event",ROOT:`https://example.com`};'


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    return tmp_path


class TestSameOriginPlugin:
    def test_addresses_follow_the_page(self, built: Path) -> None:
        chunk = built / "assets" / "reflex-env-abc.js"
        chunk.write_text(CHUNK)
        SameOriginPlugin().post_build(static_dir=built)
        text = chunk.read_text()
        assert "localhost:8000" not in text
        assert "example.com" not in text
        assert "location.origin)+'/ping'" in text
        assert ".replace(/^http/,'ws')+'/_event'" in text

    def test_nothing_to_rewrite_fails_the_build(self, built: Path) -> None:
        (built / "assets" / "reflex-env-abc.js").write_text("var e={};")
        with pytest.raises(RuntimeError, match="no baked address"):
            SameOriginPlugin().post_build(static_dir=built)

    def test_missing_chunk_fails_the_build(self, built: Path) -> None:
        with pytest.raises(RuntimeError):
            SameOriginPlugin().post_build(static_dir=built)
