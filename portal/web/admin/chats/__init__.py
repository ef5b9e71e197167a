"""Conversations with the assistant, to read."""

import reflex as rx

from portal.web.admin.chats.list_state import ChatsState
from portal.web.admin.chats.list_view import chats_page
from portal.web.admin.chats.transcript_state import TranscriptState
from portal.web.admin.chats.transcript_view import transcript_page
from portal.web.admin.pages import TENANT, add_admin_page


def add_pages(app: rx.App) -> None:
    add_admin_page(app, f"{TENANT}/chats", chats_page, title="Chats", on_load=(ChatsState.enter,))
    add_admin_page(app, f"{TENANT}/chats/[shown_chat]", transcript_page, title="Chat", on_load=(TranscriptState.enter,))
