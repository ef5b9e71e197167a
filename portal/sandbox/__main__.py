"""``python -m portal.sandbox``: serve the stand-ins on one port, in one process, with state in memory."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import sys
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from portal.sandbox import DEMO_ACCOUNTS
from portal.sandbox.app import PORTAL, create_app

BACKLOG = 2048


class ClosableProtocol(H11Protocol):
    """Hands each request a way to close its connection unanswered, which ASGI alone has no word for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "close_connection": transport.close}


def main(argv: list[str] | None = None) -> int:
    """Run until interrupted. Returns the exit code; 2 when the arguments, the port or a file are no good."""
    options = _parse(argv)
    try:
        listener = _listen(options.host, options.port)
    except OSError as exc:
        return _fail(
            f"port {options.port} on {options.host} cannot be used ({exc.strerror}); choose another with --port"
        )
    try:
        app = create_app(seed=options.seed, state=options.state, portal=options.portal)
    except (OSError, ValueError) as exc:
        return _fail(f"seed or state file cannot be used: {exc}")
    config = uvicorn.Config(
        app,
        http=ClosableProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        # Longer than any client keeps an idle connection, so that closing one is always an ordered fault.
        timeout_keep_alive=300,
        timeout_graceful_shutdown=2,
        backlog=BACKLOG,
    )
    sys.stdout.write(f"sandbox listening on http://{options.host}:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m portal.sandbox", description="Stand-ins for the outside providers."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0 takes a free one; the first line printed names it")
    parser.add_argument("--seed", type=_seed_file, help="JSON file of what is there from the start, or the word demo")
    parser.add_argument("--state", type=Path, help="JSON file that keeps bookings across restarts")
    parser.add_argument("--portal", default=PORTAL, help="where the product is served, for webhooks of a seed")
    return parser.parse_args(argv)


def _seed_file(value: str) -> Path:
    return DEMO_ACCOUNTS if value == "demo" else Path(value)


def _listen(host: str, port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the socket names TCP; left on, answers wait 40 ms for an ACK.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _fail(reason: str) -> int:
    sys.stderr.write(f"sandbox: {reason}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
