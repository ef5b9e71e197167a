"""Running a server as root: PostgreSQL refuses to, so it runs as `nobody`, in folders that `nobody` can reach."""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OUTSIDE = Path("/var/lib/booking-portal")


@dataclass(frozen=True)
class Account:
    """The account that the server runs as: None for our own."""

    uid: int | None = None
    gid: int | None = None

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments for subprocess.Popen."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hand a file or folder of ours over to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """True when the account may pass through this folder and all above it."""
        if self.uid is None:
            return True
        resolved = folder.resolve()
        return all(step.stat().st_mode & stat.S_IXOTH for step in (resolved, *resolved.parents))


def server_account() -> Account:
    """`nobody` for root, our own account otherwise."""
    if os.geteuid() != 0:
        return Account()
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable_home(data_dir: Path, account: Account) -> Path:
    """`data_dir`, or a folder of its own outside when the account cannot reach it (say, below /root).

    A link `home` in `data_dir` then shows where the data is.
    """
    if account.can_enter(data_dir):
        return data_dir
    home = outside_home(data_dir)
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    link = data_dir / "home"
    if not link.is_symlink():
        link.symlink_to(home)
    return home


def outside_home(data_dir: Path) -> Path:
    """Where `reachable_home` goes for a `data_dir` that the account cannot reach."""
    return _OUTSIDE / hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
