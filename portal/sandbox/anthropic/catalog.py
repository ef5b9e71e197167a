"""The models that this stand-in knows, with the limits that requests meet."""

from dataclasses import dataclass
from typing import Any

from portal.sandbox.anthropic.errors import ApiError


@dataclass(frozen=True)
class Model:
    """One model: `id` is what answers carry, `aliases` are further names that requests may use; limits in tokens."""

    id: str
    aliases: tuple[str, ...]
    display_name: str
    created_at: str
    context_window: int
    max_output: int
    min_cacheable: int
    adaptive_thinking: bool
    prefill: bool

    def info(self) -> dict[str, Any]:
        """The model as `GET /v1/models` lists it."""
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.display_name,
            "created_at": self.created_at,
            "lifecycle": "active",
            "line": "haiku",
            "max_input_tokens": self.context_window,
            "max_tokens": self.max_output,
            "deprecated_at": None,
            "retires_at": None,
            "capabilities": None,
        }


MODELS = (
    Model(
        id="claude-haiku-5-5",
        aliases=(),
        display_name="Claude Haiku 5.5",
        created_at="2026-09-01T00:00:00Z",
        context_window=1_000_000,
        max_output=64_000,
        min_cacheable=512,
        adaptive_thinking=True,
        prefill=False,
    ),
    Model(
        id="claude-haiku-4-5-20251001",
        aliases=("claude-haiku-4-5",),
        display_name="Claude Haiku 4.5",
        created_at="2025-10-01T00:00:00Z",
        context_window=200_000,
        max_output=64_000,
        min_cacheable=4096,
        adaptive_thinking=False,
        prefill=True,
    ),
)

_BY_NAME = {name: model for model in MODELS for name in (model.id, *model.aliases)}


def find_model(name: str) -> Model | None:
    """The model of that id or alias, or None."""
    return _BY_NAME.get(name)


def get_model(name: str) -> Model:
    """The model of that id or alias; a 404 `not_found_error` for an unknown one."""
    model = find_model(name)
    if model is None:
        raise ApiError(404, f"model: {name}")
    return model
