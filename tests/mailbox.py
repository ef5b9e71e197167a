"""A mail server, and the settings that lead to it."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest


class Mailbox(socketserver.ThreadingTCPServer):
    """Keeps what it is given. A mail is taken with its last line, whether or not the sender hears of it."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self) -> None:
        self.mails: list[str] = []
        super().__init__(("127.0.0.1", 0), Conversation)


class Conversation(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        with suppress(ConnectionError):
            self._talk()

    def _talk(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                self._take()
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")
            if verb == b"QUIT":
                return

    def _take(self) -> None:
        parts = []
        while (part := self.rfile.readline()) != b".\r\n":
            if not part:
                raise ConnectionError
            parts.append(part)
        self.server.mails.append(b"".join(parts).decode())


@pytest.fixture
def mailbox(configure: Callable[..., None]) -> Iterator[Mailbox]:
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        configure(SMTP_URL=f"smtp://127.0.0.1:{server.server_address[1]}", MAIL_FROM="portal@platform.example")
        yield server
        server.shutdown()
