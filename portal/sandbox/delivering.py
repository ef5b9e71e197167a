"""What the couriers of all stand-ins share."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"


def reachable(url: str) -> tuple[str, dict[str, str]]:
    """Where to connect and the Host to name: not every system resolves ``*.localhost``."""
    parts = urlsplit(url)
    if not (parts.hostname or "").endswith(".localhost"):
        return url, {}
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{LOOPBACK}{port}").geturl(), {"Host": parts.netloc}
