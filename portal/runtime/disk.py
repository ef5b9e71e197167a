"""Is there room to work? `python3 -m portal.runtime.disk FOLDER` asks before anything is installed."""

import shutil
import sys
from pathlib import Path

from portal.runtime.errors import StartError

NEEDED_BYTES = 1_000_000_000


def check_disk(folder: Path) -> None:
    """Raises StartError when less than 1 GB is free where `folder` lies."""
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise StartError(f"Only {free / 1e9:.1f} GB are free on the disk of {folder}: free at least 1 GB.")


def main() -> int:
    """0, or 1 and the sentence on standard error."""
    try:
        check_disk(Path(sys.argv[1]).absolute())
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
