"""Finds the plugins and calls their hooks, each failure kept from the portal and from the other plugins."""

import importlib
import pkgutil
from functools import lru_cache

import pluggy
import structlog

import plugins
from portal.hooks import specs
from portal.hooks.types import VerticalTemplate

log = structlog.get_logger("portal.hooks")


@lru_cache(maxsize=1)
def manager() -> pluggy.PluginManager:
    """All packages under ``plugins`` and all installed ones with a ``portal`` entry point, by name."""
    made = pluggy.PluginManager(specs.PROJECT)
    made.add_hookspecs(specs)
    for module in sorted(pkgutil.iter_modules(plugins.__path__), key=lambda found: found.name, reverse=True):
        made.register(importlib.import_module(f"plugins.{module.name}"), name=module.name)
    made.load_setuptools_entrypoints(specs.PROJECT)
    return made


def vertical_template(key: str) -> VerticalTemplate | None:
    """The starting point for a business of this vertical, or None."""
    found: VerticalTemplate | None = manager().hook.vertical_template(key=key)
    return found


def prompt_notes(vertical: str) -> list[str]:
    """Sentences for the assistant of this vertical; none when its plugin fails."""
    try:
        return manager().hook.prompt_notes(vertical=vertical) or []
    except Exception:  # a plugin must not break the conversation
        log.exception("hook_failed", hook="prompt_notes", vertical=vertical)
        return []
