"""What measurements say: rows with a target each, printed as a table and kept as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """One number and what was promised. ``target`` is a limit as people read it (``≤ 5``); None: for information."""

    name: str
    value: float
    target: str | None
    unit: str
    ok: bool


def at_most(name: str, value: float, limit: float, unit: str) -> Row:
    return Row(name, round(value, 3), f"≤ {limit:g}", unit, value <= limit)


def at_least(name: str, value: float, limit: float, unit: str) -> Row:
    return Row(name, round(value, 3), f"≥ {limit:g}", unit, value >= limit)


def note(name: str, value: float, unit: str) -> Row:
    """A number without a promise."""
    return Row(name, round(value, 3), None, unit, True)


def show(title: str, rows: Sequence[Row]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left", min_width=88)
    for heading, side in (
        ("measured", "left"),
        ("value", "right"),
        ("target", "right"),
        ("unit", "left"),
        ("", "left"),
    ):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for row in rows:
        verdict = "" if row.target is None else "ok" if row.ok else "MISSED"
        table.add_row(row.name, f"{row.value:,.3f}".rstrip("0").rstrip("."), row.target or "", row.unit, verdict)
    Console().print(table)


def keep(name: str, measured: dict[str, Sequence[Row]]) -> Path:
    """Write the rows of each measurement as JSON; returns where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {title: [asdict(row) for row in rows] for title, rows in measured.items()}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return path


def finish(name: str, rows: Sequence[Row]) -> int:
    """Show and keep one measurement; the exit code says whether every promise was kept."""
    show(name, rows)
    keep(name, {name: rows})
    return 0 if all(row.ok for row in rows) else 1
