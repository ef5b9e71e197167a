"""What providers tell us: signature, storage, and an answer. A job does the rest."""

from portal.api.webhooks.routes import add_to

__all__ = ["add_to"]
