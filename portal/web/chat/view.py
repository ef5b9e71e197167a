"""The conversation on the page: the same for the page ``/chat`` and for the panel in the corner."""

from typing import Any

import reflex as rx
from reflex.experimental import ClientStateVar

from portal.web import theme
from portal.web.chat.bubbles import THEIRS, message_view, text_view
from portal.web.chat.cards_view import card_view
from portal.web.chat.deadline import deadline_keeper
from portal.web.chat.request_state import RequestState
from portal.web.chat.scroll import following_list
from portal.web.chat.state import MAX_LENGTH, SUGGESTIONS, ChatState
from portal.web.public.focus import focus_mover

COUNT_FROM = 1600  # characters from which the counter shows
COMPOSER = "chat-composer"

#: What stands in the composer: known to the browser alone, so typing sends nothing.
typed = ClientStateVar.create("chat_typed", default="")

ENTER_SENDS = """((event) => {
  if (event.key !== "Enter" || event.shiftKey || event.nativeEvent?.isComposing) return;
  event.preventDefault();
  const form = event.currentTarget.form;
  const send = form?.querySelector("button[type=submit]");
  if (send && !send.disabled) form.requestSubmit(send);
})"""


def conversation() -> rx.Component:
    """Everything said, what is being said, and where to say more. Fills its parent's height."""
    return rx.fragment(
        following_list(
            rx.el.div(
                rx.foreach(ChatState.messages, message_view),
                role="log",
                aria_label="Conversation",
                aria_live="polite",
                class_name="grid gap-4",
            ),
            _draft(),
            _failure(),
            _suggestions(),
            element_id="chat-scroll",
            tab_index=0,
            aria_label="Messages",
            role="region",
            class_name=(
                "relative grid min-h-0 flex-1 content-start gap-4 overflow-y-auto overscroll-contain px-4 py-5 "
                f"{theme.FOCUS}"
            ),
        ),
        _composer(),
        deadline_keeper(),
        focus_mover(RequestState.focus_target),
    )


def _draft() -> rx.Component:
    """The answer while it is written. Not announced piece by piece: the finished one is, in the log above."""
    return rx.cond(
        ChatState.is_busy,
        rx.el.div(
            rx.cond(ChatState.draft.length() > 0, rx.el.div(text_view(ChatState.draft), class_name=THEIRS)),
            rx.foreach(ChatState.draft_cards, card_view),
            rx.cond((ChatState.draft.length() == 0) | (ChatState.activity != ""), _typing()),
            class_name="grid gap-3",
        ),
    )


def _typing() -> rx.Component:
    dots = [
        rx.el.span(class_name="size-1.5 animate-pulse rounded-full bg-muted", style={"animationDelay": f"{delay}ms"})
        for delay in (0, 200, 400)
    ]
    return rx.el.div(
        rx.el.span(*dots, class_name="flex gap-1", aria_hidden="true"),
        rx.el.span(
            rx.cond(ChatState.activity != "", ChatState.activity + "…", ""),
            class_name="text-sm text-muted empty:hidden",
        ),
        rx.el.span("The assistant is writing", class_name="sr-only"),
        role="status",
        class_name=f"flex min-h-10 items-center gap-2.5 {THEIRS}",
    )


def _failure() -> rx.Component:
    return rx.el.div(
        rx.cond(
            ChatState.failure != "",
            rx.el.div(
                rx.el.p(ChatState.failure),
                rx.el.div(
                    rx.cond(
                        ChatState.can_retry,
                        rx.el.button("Try again", type="button", on_click=ChatState.retry, class_name=_SMALL),
                    ),
                    rx.el.a("Book without chat", href="/book", class_name=_SMALL),
                    class_name="mt-3 flex flex-wrap gap-2",
                ),
                class_name=theme.ERROR_NOTICE,
            ),
        ),
        role="alert",
        class_name="empty:absolute",  # stays known to screen readers, takes no room
    )


_SMALL = f"{theme.SECONDARY_BUTTON} px-4! text-sm"


def _suggestions() -> rx.Component:
    chips = [
        rx.el.button(
            text,
            type="button",
            on_click=ChatState.say(text),
            class_name=(
                "min-h-11 cursor-pointer rounded-full border border-line bg-card px-4 text-sm font-medium text-ink "
                f"hover:border-brand-text hover:bg-brand-soft {theme.FOCUS}"
            ),
        )
        for text in SUGGESTIONS
    ]
    return rx.cond(
        (ChatState.messages.length() == 1) & ~ChatState.is_busy & (ChatState.failure == ""),
        rx.el.div(*chips, class_name="flex flex-wrap gap-2", role="group", aria_label="Suggestions"),
    )


def _composer() -> rx.Component:
    length = typed.value.length()
    return rx.el.form(
        rx.el.div(
            rx.el.textarea(
                id=COMPOSER,
                name="message",
                value=typed.value,
                custom_attrs={
                    "on_change": _handler(f"((event) => {typed.set!s}(event.target.value))"),
                    "on_key_down": _handler(ENTER_SENDS),
                },
                placeholder="Write a message",
                aria_label="Your message",
                aria_describedby="chat-count",
                rows=1,
                auto_complete="off",
                class_name=(
                    "field-sizing-content max-h-40 min-h-12 w-full resize-none rounded-2xl border border-field bg-card "
                    "py-2.5 pr-14 pl-4 text-base leading-relaxed text-ink outline-brand-text placeholder:text-muted "
                    "focus-visible:border-brand-text focus-visible:outline-1"
                ),
            ),
            rx.el.button(
                _arrow(),
                type="submit",
                aria_label="Send",
                disabled=ChatState.is_busy | (typed.value.strip() == "") | (length > MAX_LENGTH),
                class_name=(
                    "absolute right-1.5 bottom-1.5 inline-flex size-9 cursor-pointer items-center justify-center "
                    f"rounded-full bg-brand text-on-brand disabled:cursor-default disabled:opacity-40 {theme.FOCUS}"
                ),
            ),
            class_name="relative flex",
        ),
        rx.el.p(
            rx.cond(length > COUNT_FROM, length.to_string() + f" / {MAX_LENGTH:,}", ""),
            id="chat-count",
            aria_live="polite",
            class_name=f"mt-1.5 text-right text-sm empty:hidden {_count_color(length)}",
        ),
        on_submit=[ChatState.send, typed.set_value("")],
        class_name="border-t border-line p-3",
    )


def _count_color(length: Any) -> Any:
    return rx.cond(length > MAX_LENGTH, "text-danger", "text-muted")


def _handler(code: str) -> rx.Var[Any]:
    """A handler that runs in the browser alone."""
    return rx.Var(code, _var_data=typed.set._get_all_var_data())


def _arrow() -> rx.Component:
    return rx.el.svg(
        rx.el.path(
            d="M10 16V4m0 0L5 9m5-5 5 5",
            stroke="currentColor",
            stroke_width="2",
            stroke_linecap="round",
            stroke_linejoin="round",
        ),
        view_box="0 0 20 20",
        fill="none",
        class_name="size-5",
        aria_hidden="true",
    )
