"""What a model sends, made into what can be shown, kept and sent back: text, tool arguments, token counts.

Nothing here raises: a model's value is used, mended or left out.
"""

import json
import math
import re
from typing import Any, NoReturn

#: Of a tool's arguments; ours are flat and short.
MAX_ARGUMENTS_LENGTH = 20_000
MAX_DEPTH = 16
#: No model reads or writes so much in one answer: such a count is a mistake, not a bill.
MAX_TOKENS = 10_000_000
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def readable(text: Any) -> str:
    """Text without NUL; halves of a surrogate pair joined, a lone one replaced. Empty for what is no text."""
    if not isinstance(text, str):
        return ""
    whole = text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "")


def tool_name(name: Any) -> str:
    """A name that may be stored and sent back; ``unknown`` for any other."""
    return name if isinstance(name, str) and _TOOL_NAME.fullmatch(name) else "unknown"


def arguments_of(text: str) -> dict[str, Any] | None:
    """The JSON object that ``text`` holds, nothing being one too; None for anything else, too long or too deep."""
    if not text.strip():
        return {}
    if len(text) > MAX_ARGUMENTS_LENGTH:
        return None
    try:
        value = _plain(json.loads(text, parse_constant=_refuse, parse_float=_finite), MAX_DEPTH)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def token_count(value: Any) -> int | None:
    """A number of tokens, fractions rounded up; None for what can't be one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TOKENS:
        return None
    return math.ceil(value)


def _plain(value: Any, depth: int) -> Any:
    """The value with readable texts and keys. Raises ValueError where it is nested deeper than ``depth``."""
    if depth < 0:
        raise ValueError("too deep")
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, dict):
        return {readable(key): _plain(item, depth - 1) for key, item in value.items()}
    return [_plain(item, depth - 1) for item in value] if isinstance(value, list) else value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
