"""The embedded Valkey."""

import os
import signal
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.runtime.errors import AlreadyRunning
from portal.runtime.identity import identify
from portal.runtime.temporary import temporary_valkey
from portal.runtime.valkey import EmbeddedValkey
from tests.runtime.waiting import eventually, read_line

OWNER = """
import sys, time
from pathlib import Path
from portal.runtime.valkey import EmbeddedValkey
server = EmbeddedValkey(Path(sys.argv[1]))
server.start()
print(server._process.pid, server.url())
time.sleep(60)
"""


class TestStart:
    def test_needs_the_password(self) -> None:
        with temporary_valkey() as server:
            with redis.Redis.from_url(server.url()) as client:
                assert client.ping()
            with (
                redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)) as stranger,
                pytest.raises(redis.exceptions.AuthenticationError),
            ):
                stranger.ping()

    def test_password_is_not_on_the_command_line(self, open_folder: Path) -> None:
        with EmbeddedValkey(open_folder) as server:
            assert server._process is not None
            shown = Path(f"/proc/{server._process.pid}/cmdline")
            assert not shown.exists() or server.password.encode() not in shown.read_bytes()

    def test_second_owner_is_refused(self, open_folder: Path) -> None:
        with EmbeddedValkey(open_folder), pytest.raises(AlreadyRunning):
            EmbeddedValkey(open_folder).start()

    def test_busy_port_is_left_alone(self, open_folder: Path, busy_port: int) -> None:
        with EmbeddedValkey(open_folder, busy_port) as server:
            assert server.port != busy_port


@pytest.mark.faults
class TestHealing:
    def test_owner_killed(self, open_folder: Path, run_python) -> None:  # type: ignore[no-untyped-def]
        owner = run_python(OWNER, open_folder)
        pid, url = read_line(owner).split()
        with redis.Redis.from_url(url) as client:
            client.set("kept", "42")
        owner.kill()
        owner.wait()
        with EmbeddedValkey(open_folder) as server, redis.Redis.from_url(server.url()) as client:
            assert identify(int(pid)) is None
            assert server.url() == url
            assert client.get("kept") == b"42"

    def test_server_killed(self, open_folder: Path) -> None:
        with EmbeddedValkey(open_folder) as server, redis.Redis.from_url(server.url()) as client:
            client.set("kept", "42")
            assert server._process is not None
            os.kill(server._process.pid, signal.SIGKILL)
            assert eventually(lambda: not server.running())
            server.restart()
            client.connection_pool.disconnect()
            assert client.get("kept") == b"42"
