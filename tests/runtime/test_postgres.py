"""The embedded PostgreSQL: life cycle, healing after kills, ports, accounts."""

import os
import pwd
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from portal.runtime import ports
from portal.runtime.account import outside_home
from portal.runtime.errors import AlreadyRunning, StartError
from portal.runtime.identity import identify
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.temporary import temporary_postgres
from tests.runtime.waiting import eventually, read_line

OWNER = """
import sys, time
from pathlib import Path
from portal.runtime.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server._process.pid, server.url())
time.sleep(60)
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for the server")


def server_at(folder: Path, **options: object) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder, durable=False, **options)  # type: ignore[arg-type]


def pid_of(server: EmbeddedPostgres) -> int:
    assert server._process is not None
    return server._process.pid


class TestStart:
    def test_serves_with_password(self, database_folder: Path) -> None:
        with server_at(database_folder) as server, psycopg.connect(server.url()) as connection:
            assert connection.execute("select current_user, version()").fetchone()[0] == "postgres"  # type: ignore[index]

    def test_refuses_without_the_password(self, database_folder: Path) -> None:
        with server_at(database_folder) as server, pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url(password="wrong"))

    def test_listens_on_loopback_only(self, database_folder: Path) -> None:
        with server_at(database_folder) as server, psycopg.connect(server.url()) as connection:
            shown = connection.execute("show listen_addresses").fetchone()
            assert shown == ("127.0.0.1",)
            assert connection.execute("show unix_socket_directories").fetchone() == ("",)

    def test_password_is_private(self, database_folder: Path) -> None:
        assert (database_folder / "password").stat().st_mode & 0o777 == 0o600

    def test_syncs_to_disk_unless_told_otherwise(self, database_folder: Path) -> None:
        with EmbeddedPostgres(database_folder) as server, psycopg.connect(server.url()) as connection:
            assert connection.execute("show fsync").fetchone() == ("on",)
        with server_at(database_folder) as server, psycopg.connect(server.url()) as connection:
            assert connection.execute("show fsync").fetchone() == ("off",)

    def test_second_owner_is_refused(self, database_folder: Path) -> None:
        with server_at(database_folder), pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
            server_at(database_folder).start()

    def test_other_major_version_is_refused(self, database_folder: Path) -> None:
        mark = server_at(database_folder)._files / "PG_VERSION"
        kept = mark.read_text()
        mark.write_text("15\n")
        try:
            with pytest.raises(StartError, match="made by PostgreSQL 15"):
                server_at(database_folder).start()
        finally:
            mark.write_text(kept)

    def test_failure_names_the_log(self, database_folder: Path) -> None:
        server = server_at(database_folder)
        control = server._files / "global" / "pg_control"
        control.rename(control.with_suffix(".away"))
        try:
            with pytest.raises(StartError, match=r"did not start.*server\.log"):
                server.start()
            assert not server.running()
        finally:
            control.with_suffix(".away").rename(control)

    def test_half_made_folder_is_made_anew(self, open_folder: Path) -> None:
        half_made = open_folder / "pgdata.new"
        half_made.mkdir()
        (half_made / "PG_VERSION").write_text("18\n")
        with server_at(open_folder) as server:
            assert server.running()
        assert not half_made.exists()


class TestPort:
    def test_same_port_from_run_to_run(self, database_folder: Path) -> None:
        with server_at(database_folder) as server:
            first = server.url()
        with server_at(database_folder) as server:
            assert server.url() == first

    def test_busy_port_is_left_alone(self, database_folder: Path, busy_port: int) -> None:
        with server_at(database_folder, port=busy_port) as server, psycopg.connect(server.url()):
            assert server.port != busy_port
            chosen = server.port
        with server_at(database_folder) as server:
            assert server.port == chosen


class TestStop:
    def test_leaves_no_process(self, database_folder: Path) -> None:
        server = server_at(database_folder)
        server.start()
        pid = pid_of(server)
        server.stop()
        assert identify(pid) is None
        assert ports.is_free(server.port)
        server.stop()

    def test_ends_open_transactions(self, database_folder: Path) -> None:
        server = server_at(database_folder)
        server.start()
        connection = psycopg.connect(server.url())
        connection.execute("select 1")
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
        connection.close()


@pytest.mark.faults
class TestHealing:
    def test_owner_killed(self, open_folder: Path, run_python) -> None:  # type: ignore[no-untyped-def]
        owner = run_python(OWNER, open_folder)
        pid, url = read_line(owner).split()
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 42 as value")
        owner.kill()
        owner.wait()
        assert identify(int(pid)) is not None
        with EmbeddedPostgres(open_folder) as server:
            assert identify(int(pid)) is None
            assert server.url() == url
            with psycopg.connect(url) as connection:
                assert connection.execute("select value from kept").fetchone() == (42,)

    def test_owner_killed_before_its_note(self, open_folder: Path, run_python) -> None:  # type: ignore[no-untyped-def]
        owner = run_python(OWNER, open_folder)
        pid = int(read_line(owner).split()[0])
        owner.kill()
        owner.wait()
        (open_folder / "server.json").unlink()
        with EmbeddedPostgres(open_folder) as server:
            assert identify(pid) is None
            assert server.running()

    def test_postmaster_killed(self, open_folder: Path) -> None:
        with EmbeddedPostgres(open_folder) as server:
            url = server.url()
            with psycopg.connect(url) as connection:
                connection.execute("create table kept as select 42 as value")
            os.kill(pid_of(server), signal.SIGKILL)
            assert eventually(lambda: not server.running())
            server.restart()
            with psycopg.connect(url) as connection:
                assert connection.execute("select value from kept").fetchone() == (42,)

    def test_pid_reused_by_a_stranger(self, database_folder: Path) -> None:
        stranger = subprocess.Popen(["sleep", "60"])
        server = server_at(database_folder)
        server.start()
        os.kill(pid_of(server), signal.SIGKILL)
        assert eventually(lambda: not server.running())
        server.stop()
        lines = server._pid_file.read_text().splitlines()
        server._pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        try:
            with server_at(database_folder) as again:
                assert again.running()
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()


@as_root
class TestAsRoot:
    def test_runs_as_nobody(self, database_folder: Path) -> None:
        with server_at(database_folder) as server:
            assert Path(f"/proc/{pid_of(server)}").stat().st_uid == pwd.getpwnam("nobody").pw_uid

    def test_folder_that_nobody_can_reach(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        server = server_at(closed / "pg")
        home = outside_home(closed / "pg")
        try:
            with server, psycopg.connect(server.url()):
                assert (closed / "pg" / "home").resolve() == home
                assert (home / "pgdata" / "PG_VERSION").exists()
        finally:
            server.remove()
        assert not home.exists()
        assert not (closed / "pg").exists()

    def test_binaries_that_nobody_can_reach(self, open_folder: Path, closed_binaries: Path) -> None:
        with server_at(open_folder) as server, psycopg.connect(server.url()):
            assert Path(f"/proc/{pid_of(server)}/exe").resolve().is_relative_to(open_folder)
            assert not Path(f"/proc/{pid_of(server)}/exe").resolve().is_relative_to(closed_binaries)


class TestTemporary:
    def test_leaves_nothing(self) -> None:
        with temporary_postgres() as server:
            folder = server.data_dir
            assert server.running()
        assert not folder.exists()
        assert not server.running()
