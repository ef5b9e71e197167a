"""Bubbles of the conversation as the page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import uuid4

from portal.domain.conversation import MessageView
from portal.domain.tenants import Site
from portal.web.chat import markdown
from portal.web.chat.cards import Card, cards_from
from portal.web.chat.markdown import Block
from portal.web.chat.named_times import with_choice, with_named_in_sight


@dataclass(frozen=True)
class Message:
    """One bubble. ``role``: user or assistant."""

    id: str
    role: str
    blocks: list[Block] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)


def message(role: str, text: str, cards: Iterable[Card] = (), *, message_id: str = "") -> Message:
    """A bubble of ``text``: what a customer wrote stays as written, what the assistant wrote is safe Markdown."""
    blocks = markdown.plain(text) if role == "user" else markdown.blocks(text)
    return Message(message_id or str(uuid4()), role, blocks, [with_named_in_sight(card, text) for card in cards])


def messages_from(history: Iterable[MessageView], site: Site) -> list[Message]:
    """The stored conversation."""
    shown: list[Message] = []
    for view in history:
        if view.role == "user":
            shown = with_choice_marked(shown, view.text)
        shown.append(message(view.role, view.text, cards_from(view.cards, site), message_id=str(view.id)))
    return shown


def with_choice_marked(messages: Iterable[Message], said: str) -> list[Message]:
    """The messages with the time marked that ``said``, the customer's next words, choose among the latest times."""
    shown = list(messages)
    if shown and shown[-1].role == "assistant":
        shown[-1] = replace(shown[-1], cards=[with_choice(card, said) for card in shown[-1].cards])
    return shown


def with_proposal(messages: Iterable[Message], latest: Card) -> list[Message]:
    """The messages with ``latest`` as its proposal's only card, where that was shown last."""
    shown = list(messages)
    for index in range(len(shown) - 1, -1, -1):
        kept = [card for card in shown[index].cards if card.proposal_id != latest.proposal_id]
        if len(kept) < len(shown[index].cards):
            is_first = all(
                card.proposal_id != latest.proposal_id for later in shown[index + 1 :] for card in later.cards
            )
            shown[index] = replace(shown[index], cards=[*kept, latest] if is_first else kept)
    return shown
