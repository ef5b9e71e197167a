"""What can be known before anything is started."""

from portal.runtime import ports
from portal.runtime.errors import StartError


def check_port(port: int, host: str, *, command: str) -> None:
    """Raises StartError when `port` is out of range or taken; `command` is shown with another port as the way out."""
    if not 1 <= port <= 65535:
        raise StartError(
            f"Port {port} does not exist: choose one from 1024 to 65535, for example `PORT=8001 {command}`."
        )
    if not ports.is_free(port, host):
        other = next((p for p in range(port + 1, min(port + 50, 65535)) if ports.is_free(p, host)), port + 1)
        raise StartError(
            f"Port {port} is used by another program: end that one, or start with `PORT={other} {command}`."
        )
