"""Have the files that something was made from changed since?"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def digest(root: Path, patterns: Iterable[str], *, without: Path | None = None) -> str:
    """SHA-256 over names and contents of the files that match; those below ``without`` do not count."""
    total = hashlib.sha256()
    for path in _files(root, patterns, without):
        content = hashlib.sha256(path.read_bytes()).digest()
        total.update(str(path.relative_to(root)).encode() + b"\0" + content)
    return total.hexdigest()


def _files(root: Path, patterns: Iterable[str], without: Path | None) -> list[Path]:
    found = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    kept = (path for path in found if "__pycache__" not in path.parts and without not in path.parents)
    return sorted(kept, key=os.fspath)
