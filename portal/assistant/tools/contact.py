"""Whom the model may book for: somebody whose details the customer gave in this conversation."""

from portal.assistant.guardrails import unsaid
from portal.assistant.tools.arguments import CreateBooking
from portal.assistant.tools.context import ToolContext
from portal.core.errors import InvalidArgument
from portal.domain import booking, conversation

WORDS = {"name": "name", "email": "e-mail address", "phone": "phone number"}


class NotSaid(InvalidArgument):
    reason = "not_said"

    def __init__(self, fields: list[str]) -> None:
        what = " and ".join(WORDS[field] for field in fields)
        ask = "ask the visitor for it" if len(fields) == 1 else "ask the visitor for them"
        super().__init__(
            f"The visitor has not written this {what} in this conversation. Never fill in, guess or complete contact"
            f" details: {ask} and pass on exactly what they write. Leave the phone number out unless they gave one."
        )


def require_said(context: ToolContext, wanted: CreateBooking) -> None:
    """Check contact details against the customer's own words and corrections. Raises NotSaid."""
    said = conversation.customers_words(context.access) + booking.contacts_given(context.access)
    missing = unsaid(
        said,
        name=wanted.customer_name,
        email=wanted.customer_email,
        phone=wanted.customer_phone,
        country=context.site.profile.country,
    )
    if missing:
        raise NotSaid(missing)
