"""What a tool works with, and what it gives back."""

from dataclasses import dataclass, field
from typing import Any

from portal.assistant.events import Event
from portal.assistant.state import Standing
from portal.core.db import Access
from portal.domain.tenants import Site


@dataclass
class ToolContext:
    """One turn's surroundings: who asks, of which business, and where the conversation stands (tools move it)."""

    access: Access
    site: Site
    standing: Standing
    shown: list[Event] = field(default_factory=list)

    @property
    def timezone(self) -> str:
        return self.site.profile.timezone

    def show(self, event: Event) -> None:
        """Show the customer something besides what the model will say."""
        self.shown.append(event)


Result = dict[str, Any]
