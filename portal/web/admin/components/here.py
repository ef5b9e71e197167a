"""Content of the business that the page is about."""

from typing import Any

from portal.web.admin.shell_state import ShellState


def is_of_here(loaded_for: Any) -> Any:
    """Whether a state's content was loaded for the business in the address, and not for one that was shown before.

    ``loaded_for``: the id of the tenant that a state loaded its content for; empty before.
    """
    return (loaded_for != "") & (loaded_for == ShellState.here.id)
