"""``python -m bench [name …]``: run the measurements, print a table each, keep them all in bench/results/latest.json.

Exit code 1 when a promise was missed or a measurement could not be made.
"""

import importlib
import sys
import time
from collections.abc import Sequence
from typing import Any

from bench import report
from bench.report import Row, at_most, note

NAMES = (
    "public_tenant", "slots", "crowd", "first_token", "rls", "lists", "landing", "webhooks", "reminders",
    "conversation_cost",
)  # fmt: skip


def main(names: Sequence[str]) -> int:
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"There is no measurement called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
        return 2
    measured: dict[str, Sequence[Row]] = {}
    for name in names or NAMES:
        started = time.monotonic()
        measured[name] = _measure(name)
        report.show(f"{name} ({time.monotonic() - started:.0f} s)", measured[name])
        report.keep("latest", measured)
    return 0 if all(row.ok for rows in measured.values() for row in rows) else 1


def _measure(name: str) -> list[Row]:
    """One measurement; a broken one is a missed promise, the others still run."""
    try:
        return rows(importlib.import_module(f"bench.{name}").run())
    except (Exception, SystemExit) as error:  # noqa: BLE001 - said in the table
        print(f"{name} broke: {type(error).__name__}: {error}", file=sys.stderr)
        return [Row("could not be measured", 0.0, "measured", "", False)]


def rows(result: Any) -> list[Row]:
    """A measurement's rows, or the numbers of a nested result with its own verdict as the first row."""
    if isinstance(result, list):
        return result
    verdict = Row("every limit kept", float(result["passed"]), "yes", "", bool(result["passed"]))
    if "ratio" in result and "target" in result:
        verdict = at_most("ratio", result["ratio"], result["target"], "ratio")
    numbers = {key: value for key, value in result.items() if key not in ("passed", "target")}
    return [verdict, *(note(name, value, "") for name, value in _flat(numbers))]


def _flat(value: Any, path: str = "") -> list[tuple[str, float]]:
    """Every number inside, with the words that lead to it."""
    if isinstance(value, bool | str) or value is None:
        return []
    if isinstance(value, int | float):
        return [(path, float(value))]
    items = (
        value.items() if isinstance(value, dict) else ((_title(index, item), item) for index, item in enumerate(value))
    )
    return [number for key, item in items for number in _flat(item, f"{path} {key}".strip().replace("_", " "))]


def _title(index: int, item: Any) -> str:
    return str(item.get("how", index + 1)) if isinstance(item, dict) else str(index + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
