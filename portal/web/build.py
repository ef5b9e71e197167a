"""What makes one build of the frontend fit every host name."""

import re
from pathlib import Path
from typing import Any

from reflex_base.plugins.base import Plugin

ORIGIN = "(typeof location==='undefined'?'http://localhost':location.origin)"
_BAKED_URL = re.compile(r"""(["'`])(?P<scheme>http|ws)s?://[^/"'`\s]+(?P<path>/[^"'`\s]*)?\1""")


class SameOriginPlugin(Plugin):
    """Replaces the backend addresses baked into the bundle by the address the page was loaded from."""

    def post_build(self, *, static_dir: Path, **_context: Any) -> None:
        """Rewrite the environment chunk. Raises RuntimeError when nothing is there: no build beats a wrong one."""
        rewritten = sum(_rewrite(path) for path in (static_dir / "assets").glob("reflex-env-*.js"))
        if not rewritten:
            raise RuntimeError("SameOriginPlugin found no baked address: the framework's build has changed")


def _rewrite(path: Path) -> int:
    text, count = _BAKED_URL.subn(_from_origin, path.read_text(encoding="utf-8"))
    if count:
        path.write_text(text, encoding="utf-8")
    return count


def _from_origin(match: re.Match[str]) -> str:
    origin = f"{ORIGIN}.replace(/^http/,'ws')" if match["scheme"] == "ws" else ORIGIN
    return f"{origin}+{match['path'] or ''!r}"
