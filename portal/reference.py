"""docs/reference.md, written from the code: `python -m portal.reference` brings it up to date."""

import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from types import FunctionType
from typing import Any

import typer
from typer import core

import jobs  # noqa: F401 - fills the queue's registry
from portal import cli
from portal.api.app import create_api
from portal.commands.places import ROOT
from portal.core import queue
from portal.hooks import specs

PATH = ROOT / "docs" / "reference.md"
INTRODUCTION = """# Reference

Written from the code by `uv run python -m portal.reference`; a test fails when it is out of date.
Settings are in the [README](../README.md#settings).
"""
ROUTES = """`/v1/openapi.json` says what each takes and answers. Whoever belongs to one tenant only may leave out
[what is in brackets].

"""
_BOTH = "/v1/admin/tenants/{tenant_id}/"  # each is there a second time, for whoever belongs to one tenant


def render() -> str:
    """The whole document."""
    sections = {
        "Commands": _table(("Command", "What it does"), commands()),
        "Routes": ROUTES + _table(("Route", "What it does"), routes()),
        "Hooks": _table(("Hook", "What a plugin does with it"), hooks()),
        "Jobs": _table(("Job", "What it does", "When"), background_jobs()),
    }
    return INTRODUCTION + "".join(f"\n## {title}\n\n{text}" for title, text in sections.items())


def commands() -> Iterator[tuple[str, str]]:
    """Each command line with its options, and its help."""
    yield from _commands(typer.main.get_command(cli.app), "portal")


def routes() -> Iterator[tuple[str, str]]:
    """Method with path, and summary, of every route in the OpenAPI document."""
    known = paths()
    for path, operations in known.items():
        for method, operation in operations.items():
            rest = path.removeprefix(_BOTH)
            if method in known.get(_BOTH + path.removeprefix("/v1/admin/"), {}):
                continue
            both = rest != path and method in known.get(f"/v1/admin/{rest}", {})
            shown = f"/v1/admin[/tenants/{{tenant_id}}]/{rest}" if both else path
            yield f"`{method.upper()} {shown}`", _summary(operation)


@cache
def paths() -> dict[str, dict[str, Any]]:
    """The OpenAPI document's paths: method → operation of each."""
    found: dict[str, dict[str, Any]] = create_api().openapi()["paths"]
    return found


def hooks() -> Iterator[tuple[str, str]]:
    """Each hook's call, and the first line of its docstring."""
    for name, function in inspect.getmembers(specs, inspect.isfunction):
        if hasattr(function, f"{specs.PROJECT}_spec"):
            yield f"`{name}{_parameters(function)}`", _first_line(function)


def background_jobs() -> Iterator[tuple[str, str, str]]:
    """Each job's name, what it does, and when it runs."""
    for name, function in sorted(queue.REGISTRY.items()):
        minutes = queue.PERIODIC.get(name)
        yield f"`{name}`", _first_line(function), f"every {minutes} min" if minutes else "when asked for"


def _commands(command: Any, line: str) -> Iterator[tuple[str, str]]:
    if isinstance(command, core.TyperGroup):
        for name, each in command.commands.items():
            yield from _commands(each, f"{line} {name}")
        return
    shown = [_usage(parameter) for parameter in command.params if parameter.name != "help"]
    yield f"`{' '.join([line, *shown])}`", (command.help or "").strip().replace("\n", " ")


def _usage(parameter: Any) -> str:
    if isinstance(parameter, core.TyperArgument):
        return f"<{parameter.name}>"
    option = parameter.opts[0] if parameter.is_flag else f"{parameter.opts[0]} …"
    return option if parameter.required else f"[{option}]"


def _summary(operation: dict[str, Any]) -> str:
    """The given one; the docstring's first line where the framework made one up from the function's name."""
    summary = str(operation["summary"])
    made_up = summary.istitle() and operation["operationId"].startswith(summary.lower().replace(" ", "_"))
    written = str(operation.get("description", "")).partition("\n")[0]
    return written if made_up and written else summary


def _parameters(function: FunctionType) -> str:
    return f"({', '.join(inspect.signature(function).parameters)})"


def _first_line(function: object) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [titles, ("---",) * len(titles), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def main() -> int:
    """Write the file."""
    PATH.write_text(render())
    return 0


if __name__ == "__main__":
    sys.exit(main())
