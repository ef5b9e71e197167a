"""Get the package manager uv on a machine that has only Python: `python3 -m portal.runtime.fetch_uv FOLDER`.

Runs before anything is installed: the standard library only. Uses the machine's pip; where there is none (Debian's
bare python3), pip's own wheel is fetched from the package index, checked against its SHA-256 there, and run as it is.
"""

import hashlib
import html
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

_LINK = re.compile(r"<a\s[^>]*>")


def main(folder: Path) -> int:
    """Install uv into `folder`; it is `folder/bin/uv` afterwards. 0, or 1 with one sentence on standard error."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if _has_pip():
            _install(folder)
        else:
            with tempfile.TemporaryDirectory() as temporary:
                _install(folder, pip=_fetch_pip(Path(temporary)))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.stderr.write(
            f"uv could not be fetched ({error}): let this machine reach the package index, or install uv.\n"
        )
        return 1
    return 0


def _has_pip() -> bool:
    return subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _install(folder: Path, pip: Path | None = None) -> None:
    # --target leaves the system's own packages alone, so "externally managed" Pythons allow it.
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", str(folder), "uv"]
    environment = {
        **os.environ,
        "PIP_USER": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    if pip is not None:
        environment["PYTHONPATH"] = str(pip)
    subprocess.run(command, env=environment, check=True)


def _fetch_pip(folder: Path) -> Path:
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    # Every index speaks HTML; the newer JSON form is not to be had everywhere.
    wheels = [wheel for tag in _LINK.findall(_get(index).decode()) if (wheel := _Wheel.read(html.unescape(tag)))]
    newest = max(wheels, key=lambda wheel: wheel.version)
    content = _get(urljoin(index, newest.url))
    if hashlib.sha256(content).hexdigest() != newest.sha256:
        raise ValueError("pip's wheel is not the one that the index names")
    path = folder / newest.filename
    path.write_bytes(content)
    return path


@dataclass(frozen=True)
class _Wheel:
    filename: str
    version: tuple[int, ...]
    url: str
    sha256: str

    @classmethod
    def read(cls, tag: str) -> "_Wheel | None":
        """A final release that was not withdrawn, from its link in the index; None for all other files."""
        found = re.search(r'href="((?:[^"#]*/)?(pip-([0-9.]+)-py3-none-any\.whl))#sha256=([0-9a-f]{64})"', tag)
        if found is None or "data-yanked" in tag:
            return None
        url, filename, version, sha256 = found.groups()
        return cls(filename, tuple(map(int, version.split("."))), url, sha256)


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as response:  # noqa: S310 - the package index
        content: bytes = response.read()
    return content


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
