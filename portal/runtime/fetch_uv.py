"""Get the package manager uv on a machine that has only Python: `python3 -m portal.runtime.fetch_uv FOLDER`.

Runs before anything is installed: the standard library only. Uses the machine's pip; where there is none (Debian's
bare python3), pip's own wheel is fetched from the package index, checked against its SHA-256 there, and run as it is.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urljoin


def main(folder: Path) -> int:
    """Install uv into `folder`; it is `folder/bin/uv` afterwards. 0, or 1 with one sentence on standard error."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if _has_pip():
            _install(folder)
        else:
            with tempfile.TemporaryDirectory() as temporary:
                _install(folder, pip=_fetch_pip(Path(temporary)))
    except (OSError, ValueError, StopIteration, subprocess.CalledProcessError) as error:
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
    listing = json.loads(_get(index, accept="application/vnd.pypi.simple.v1+json"))
    files = [file for file in reversed(listing["files"]) if file["filename"].endswith("-py3-none-any.whl")]
    newest: dict[str, Any] = next(file for file in files if not file.get("yanked") and _is_final(file["filename"]))
    content = _get(urljoin(index, newest["url"]))
    if hashlib.sha256(content).hexdigest() != newest["hashes"]["sha256"]:
        raise ValueError("pip's wheel is not the one that the index names")
    wheel = folder / str(newest["filename"])
    wheel.write_bytes(content)
    return wheel


def _is_final(filename: str) -> bool:
    return filename.split("-")[1].replace(".", "").isdigit()


def _get(url: str, accept: str = "*/*") -> bytes:
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310 - the package index
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        content: bytes = response.read()
    return content


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
