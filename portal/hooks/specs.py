"""What a plugin may do. One function and one line each; results of all plugins are collected."""

import pluggy

from portal.hooks.types import VerticalTemplate

PROJECT = "portal"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def vertical_template(key: str) -> VerticalTemplate | None:
    """The template of the vertical with this key, or None when it is not this plugin's."""


@hookspec(firstresult=True)
def prompt_notes(vertical: str) -> list[str] | None:
    """Sentences for the assistant of every business of this vertical, or None when it is not this plugin's."""
