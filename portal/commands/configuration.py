"""Settings with errors that a person can act on: which line or variable, what is wrong with it, never its value."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv.parser import Binding, parse_stream
from pydantic import AliasChoices, ValidationError

from portal.commands.places import DOTENV, ROOT
from portal.core.settings import Settings, get_settings
from portal.runtime.errors import StartError


def load_settings() -> Settings:
    """This process's settings. Raises StartError for a `.env` that cannot be read and for a bad value."""
    os.chdir(ROOT)  # `.env`, rxconfig.py and alembic are found from here, whatever folder the command was given in
    bindings = read_dotenv(DOTENV)
    try:
        return get_settings()
    except ValidationError as error:
        raise StartError(_explain(error, bindings)) from None


def override_settings(values: Mapping[str, str]) -> Settings:
    """Set settings (by the lower-case names of Settings) for this process and the children it starts from now on."""
    os.environ.update({f"PORTAL_{name.upper()}": value for name, value in values.items()})
    get_settings.cache_clear()
    return load_settings()


def read_dotenv(path: Path) -> list[Binding]:
    """The lines of a `.env`; empty when there is none. Raises StartError naming the first bad line."""
    try:
        with path.open(encoding="utf-8") as file:
            bindings = list(parse_stream(file))
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise StartError(f"{path} is not UTF-8 text: save it as UTF-8, or delete it.") from None
    except OSError as error:
        raise StartError(f"{path} cannot be read ({error.strerror}): make it a readable file, or delete it.") from None
    for binding in bindings:
        if binding.error or (binding.key is not None and binding.value is None):
            raise StartError(f"{path}, line {_line(binding)}, is not of the form NAME=value: mend or delete that line.")
    return bindings


def is_given(names: Iterable[str]) -> bool:
    """True when one of these variables is set to something, in the environment or in `.env`."""
    wanted = set(names)
    in_dotenv = {binding.key for binding in read_dotenv(DOTENV) if binding.value}
    return bool(wanted & in_dotenv) or any(os.environ.get(name) for name in wanted)


def _explain(error: ValidationError, bindings: list[Binding]) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    first = faults[0]
    what = first["msg"].removeprefix("Value error, ")
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    if not first["loc"]:
        return f"The settings are not usable: {what}{more}."
    return f"The setting {_where(str(first['loc'][0]), bindings)} is not valid: {what}{more}. Correct or remove it."


def _where(location: str, bindings: list[Binding]) -> str:
    names = _names_of(location)
    for name in names:
        if os.environ.get(name):
            return f"{name} (environment)"
    for binding in bindings:
        if binding.key in names:
            return f"{binding.key} ({DOTENV}, line {_line(binding)})"
    return names[0]


def _names_of(location: str) -> list[str]:
    for name, field in Settings.model_fields.items():
        aliases = field.validation_alias
        choices = [str(choice) for choice in aliases.choices] if isinstance(aliases, AliasChoices) else [name]
        if location in (name, *choices):
            return choices
    return [location]


def _line(binding: Binding) -> int:
    # The parser counts blank lines before a binding to it.
    text = binding.original.string
    return binding.original.line + len(text) - len(text.lstrip("\r\n"))
