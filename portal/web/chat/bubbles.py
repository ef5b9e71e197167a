"""Messages and their text on the page. Text arrives as typed pieces and becomes elements: never HTML."""

import reflex as rx

from portal.web import theme
from portal.web.chat.cards_view import card_view
from portal.web.chat.markdown import Block, Line, Piece
from portal.web.chat.messages import Message
from portal.web.components.sections import external_link

MINE = "max-w-[85%] rounded-2xl rounded-br-md bg-brand px-4 py-2.5 text-base leading-relaxed break-words text-on-brand"
THEIRS = (
    "w-fit max-w-[92%] rounded-2xl rounded-bl-md bg-sunken px-4 py-2.5 text-base leading-relaxed break-words text-ink"
)


def message_view(shown: rx.Var[Message]) -> rx.Component:
    """One finished message with its cards."""
    return rx.el.div(
        rx.cond(
            shown.role == "user",
            rx.el.div(
                rx.el.span("You: ", class_name="sr-only"),
                text_view(shown.blocks),
                class_name=MINE,
            ),
            rx.el.div(
                rx.cond(shown.blocks.length() > 0, rx.el.div(text_view(shown.blocks), class_name=THEIRS)),
                rx.foreach(shown.cards, card_view),
                class_name="grid w-full gap-3",
            ),
        ),
        custom_attrs={"data-role": shown.role},
        class_name="flex data-[role=user]:justify-end",
    )


def text_view(blocks: rx.Var[list[Block]]) -> rx.Component:
    """Paragraphs and lists."""
    return rx.el.div(rx.foreach(blocks, _block), class_name="grid gap-2.5")


def _block(block: rx.Var[Block]) -> rx.Component:
    return rx.cond(
        block.kind == "paragraph",
        rx.el.div(rx.foreach(block.lines, lambda line: rx.foreach(line.pieces, _piece))),
        rx.el.ul(rx.foreach(block.lines, _item), class_name="grid gap-1"),
    )


def _item(line: rx.Var[Line]) -> rx.Component:
    return rx.el.li(
        rx.el.span(line.marker, class_name="min-w-4 shrink-0 text-muted tabular-nums", aria_hidden="true"),
        rx.el.span(rx.foreach(line.pieces, _piece), class_name="min-w-0"),
        class_name="flex gap-1.5",
    )


def _piece(piece: rx.Var[Piece]) -> rx.Component:
    return rx.match(
        piece.kind,
        ("strong", rx.el.strong(piece.text, class_name="font-semibold")),
        ("emphasis", rx.el.em(piece.text)),
        (
            "link",
            external_link(piece.text, href=piece.href, class_name=f"break-words {theme.TEXT_LINK}"),
        ),
        ("break", rx.el.br()),
        rx.el.span(piece.text, class_name="whitespace-pre-wrap"),
    )
