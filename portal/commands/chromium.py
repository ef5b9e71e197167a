"""Chromium for the browser tests: find it, or install it, or say in one line what to install.

`python -m portal.commands.chromium` does so and prints its path.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# The headless shell has no windows of its own to draw: tests take a third less processor time with it.
_SHELL = "chromium-headless-shell"
_NAMES = (_SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_DOWNLOADED = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium_headless_shell-*/chrome-*/*headless?shell",
)
ADVICE = (
    "There is no Chromium for the browser tests: run `apt-get install chromium-headless-shell` (or `chromium`),"
    " or install Google Chrome."
)


def find_chromium() -> Path | None:
    """A browser that starts: CHROMIUM_PATH, then the PATH, then Playwright's downloads."""
    return next((path for path in _candidates() if _starts(path)), None)


def install_chromium() -> Path | None:
    """Install it with apt (as root) or Playwright; None when neither works."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update", "-q")
        for package in (_SHELL, "chromium"):
            _run("apt-get", "install", "-y", "-q", "--no-install-recommends", package, "fonts-liberation")
            if found := find_chromium():
                return found
    _run(sys.executable, "-m", "playwright", "install", "chromium")
    return find_chromium()


def main() -> int:
    """0 and the path on standard output, or 1 and the advice on standard error."""
    found = find_chromium() or install_chromium()
    if found is None:
        sys.stderr.write(ADVICE + "\n")
        return 1
    sys.stdout.write(f"{found}\n")
    return 0


def _candidates() -> Iterator[Path]:
    if given := os.environ.get("CHROMIUM_PATH"):
        yield Path(given)
    for name in _NAMES:
        if found := shutil.which(name):
            yield Path(found)
    yield _MAC
    for folder in _download_folders():
        for pattern in _DOWNLOADED:
            yield from sorted(folder.glob(pattern), reverse=True)


def _download_folders() -> Iterator[Path]:
    if given := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        yield Path(given)
    yield Path.home() / ".cache" / "ms-playwright"
    yield Path.home() / "Library" / "Caches" / "ms-playwright"


def _starts(path: Path) -> bool:
    # Ubuntu's apt package is a stub that only points to snap: being there is not enough.
    try:
        shown = subprocess.run([str(path), "--version"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return shown.returncode == 0


def _run(*command: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, env=environment, stdout=sys.stderr, check=False)


if __name__ == "__main__":
    sys.exit(main())
