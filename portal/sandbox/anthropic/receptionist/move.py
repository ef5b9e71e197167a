"""What the receptionist does next: says something, calls a tool, or both."""

from dataclasses import dataclass

from portal.sandbox.anthropic.receptionist import phrases
from portal.sandbox.anthropic.reply import Reply, TextPart, ToolPart, reply_of


@dataclass(frozen=True)
class Move:
    """Text first, then at most one call."""

    text: str = ""
    call: ToolPart | None = None

    def after(self, *texts: str) -> "Move":
        """The same move with other texts said before."""
        return Move(phrases.paragraphs(*texts, self.text), self.call)

    def before(self, *texts: str) -> "Move":
        """The same move with other texts said after."""
        return Move(phrases.paragraphs(self.text, *texts), self.call)

    def reply(self) -> Reply:
        """The move as parts of an answer."""
        parts = [part for part in (TextPart(self.text) if self.text else None, self.call) if part is not None]
        return reply_of(*parts)
