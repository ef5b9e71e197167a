"""Where an answer may link to: the business's own addresses, and a few that everybody knows."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

#: Maps and calendars: what the product itself links to, and what models name for the way.
KNOWN_HOSTS = frozenset(
    ("maps.google.com", "maps.app.goo.gl", "maps.apple.com", "www.openstreetmap.org", "calendar.google.com")
)
KNOWN_ADDRESSES = ("www.google.com/maps", "google.com/maps")

_END = r"[^\s<>()\[\]\"'`|]"
#: Endings of bare domains that mail and message programs make links of. A sentence without a blank after its full stop
#: ("closed.We open") must not look like one.
_ENDINGS = (
    "com|net|org|info|biz|io|co|app|dev|shop|store|online|site|website|xyz|top|club|link|click|live|pro|name|mobi|tech"
    "|agency|page|space|fun|icu|buzz|work|world|today|email|support|help|health|dental|salon|fitness|plumbing|edu|gov|ai"
    "|cc|tv|ws|gg|ly|eu|uk|us|de|fr|es|nl|ca|au|nz|ie|ch|at|be|it|pl|pt|se|dk|fi|cz|gr|ro|hu|ru|ua|cn|jp|kr|in|br|mx"
)
_DOMAIN = rf"(?<![\w@.-])(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.)+(?:{_ENDINGS})\b(?![\w@-]|\.\w)(?::\d+)?(?:[/?#]{_END}*)?"
_ADDRESS = rf"\b[a-z][a-z0-9+.-]{{1,15}}://{_END}*|\bwww\.{_END}+|{_DOMAIN}"
BARE = re.compile(_ADDRESS, re.IGNORECASE)
LINK = re.compile(
    rf"\[(?P<label>[^\[\]\n]*)\]\((?P<target>[^()\n]*(?:\([^()\n]*\)[^()\n]*)?)\)|{_ADDRESS}", re.IGNORECASE
)
#: The end of a text with which one of these may have begun.
BEGUN = re.compile(
    r"\[[^\[\]\n]{0,200}$|\[[^\[\]\n]*\](?:\([^\n]{0,400})?$"
    r"|\b(?:h(?:t(?:t(?:ps?:?)?)?)?|[a-z][a-z0-9+.-]{1,15}:/\S*|ww?|www(?:\.\S*)?)$"
    r"|(?<![\w@.-])[\w-]+(?:\.[\w-]+)+(?::\d*)?(?:[/?#]\S*)?\.?$",
    re.IGNORECASE,
)
#: Without one of these a text has no address in it, nor the beginning of one.
MARKS = re.compile(r"[.:\[]|[hw]$|ht|ww", re.IGNORECASE)
_TRAILING = ".,;:!?*_'\""


@dataclass(frozen=True)
class Links:
    """``hosts`` are allowed whole; ``addresses`` ("host/path") with what follows them."""

    hosts: frozenset[str] = KNOWN_HOSTS
    addresses: tuple[str, ...] = KNOWN_ADDRESSES

    @classmethod
    def of(cls, hosts: Iterable[str], texts: Iterable[str]) -> "Links":
        """Allow these hosts, and every address that stands in ``texts``."""
        named = {address for text in texts for match in BARE.finditer(text) if (address := _address(match[0]))}
        bare = {host.lower().removeprefix("www.") for host in hosts if host}
        own = bare | {f"www.{host}" for host in bare}
        return cls(KNOWN_HOSTS | own, (*KNOWN_ADDRESSES, *sorted(named)))

    def allow(self, target: str) -> bool:
        """Whether an answer may link to ``target``, a path of the site itself included."""
        target = target.strip().strip("<>").split(" ")[0]
        if re.match(r"[/#](?![/\\])", target):
            return True
        address = _address(target)
        if not address or address.split("/")[0] in self.hosts:
            return bool(address)
        return any(
            address.startswith(known) and address[len(known) : len(known) + 1] in ("", "/", "?", "#")
            for known in self.addresses
        )

    def harmless(self, match: re.Match[str]) -> str:
        """What may be shown of a match of LINK: itself, or a link's words without its address."""
        if match["label"] is None:
            shown = match[0].rstrip(_TRAILING)
            return match[0] if self.allow(shown) else "…" + match[0][len(shown) :]
        label = BARE.sub(lambda found: found[0] if self.allow(found[0]) else "…", match["label"])
        return f"[{label}]({match['target']})" if self.allow(match["target"]) else label


def _address(target: str) -> str:
    """``host/path?query`` of a web address, lower-case host; empty for anything else."""
    target = target.rstrip(_TRAILING + "/")
    try:
        parts = urlsplit(target if "://" in target else f"http://{target}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc or "\\" in target:
        return ""
    return host + parts.path + (f"?{parts.query}" if parts.query else "")
