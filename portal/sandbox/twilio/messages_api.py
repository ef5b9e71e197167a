"""The 2010-04-01 API: the account, and its messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from portal.sandbox.twilio import views
from portal.sandbox.twilio.carrier import Carrier
from portal.sandbox.twilio.errors import TwilioError
from portal.sandbox.twilio.protocol import Call, Handler, Reply
from portal.sandbox.twilio.store import Message, Store

ACCOUNT = f"/{views.API_VERSION}/Accounts/{{account_sid}}"
PAGE_SIZE, LARGEST_PAGE = 50, 1_000


class AccountsApi:
    """Whose credentials they are."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def paths(self) -> Mapping[str, Mapping[str, Handler]]:
        return {f"{ACCOUNT}.json": {"GET": self.fetch}}

    async def fetch(self, call: Call) -> Reply:
        return Reply(views.account(call.account))


class MessagesApi:
    def __init__(self, store: Store, carrier: Carrier) -> None:
        self._store = store
        self._carrier = carrier

    def paths(self) -> Mapping[str, Mapping[str, Handler]]:
        return {
            f"{ACCOUNT}/Messages.json": {"GET": self.list_messages, "POST": self.create},
            f"{ACCOUNT}/Messages/{{sid}}.json": {"GET": self.fetch},
        }

    async def create(self, call: Call) -> Reply:
        if call.account.status != "active":
            raise TwilioError(20005)
        return Reply(views.message(self._carrier.take(call.account, call.form)), 201)

    async def fetch(self, call: Call) -> Reply:
        message = self._store.messages.get(call.path["sid"])
        if message is None or message.account_sid != call.account.sid:
            raise TwilioError(20404, call.uri)
        return Reply(views.message(message))

    async def list_messages(self, call: Call) -> Reply:
        """Newest first. A page token names the message after which the page begins, so new ones shift nothing."""
        query = call.query
        size = min(max(_whole(query.get("PageSize"), PAGE_SIZE), 1), LARGEST_PAGE)
        page = _whole(query.get("Page"), 0)
        wanted = _sent_filter(query)
        found = [
            message
            for message in self._store.listed(call.account, query.get("To"))
            if query.get("From") in (None, message.from_number) and wanted(message)
        ]
        if token := query.get("PageToken", "").removeprefix("PA"):
            last = self._store.messages.get(token)
            found = [message for message in found if last is None or message.number < last.number]
        shown, more = found[:size], len(found) > size
        path = call.uri.partition("?")[0]
        filters = {name: value for name, value in query.items() if name not in ("Page", "PageToken")}
        following = filters | {"Page": str(page + 1), "PageToken": f"PA{shown[-1].sid}"} if more else None
        return Reply(
            {
                "messages": [views.message(message) for message in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(shown) - 1, 0),
                "uri": call.uri,
                "first_page_uri": f"{path}?{urlencode(filters | {'PageSize': str(size), 'Page': '0'})}",
                "next_page_uri": f"{path}?{urlencode(following)}" if following else None,
                "previous_page_uri": None,
            }
        )


def _sent_filter(query: Mapping[str, str]) -> Callable[[Message], bool]:
    """``DateSent``, ``DateSent<`` (on or before), ``DateSent>`` (on or after). What is not sent yet has no date."""
    on, until, since = (_day(query.get(name)) for name in ("DateSent", "DateSent<", "DateSent>"))

    def meets(message: Message) -> bool:
        if not (on or until or since):
            return True
        if message.sent_at is None:
            return False
        day = message.sent_at.astimezone(UTC).date()
        return (on is None or day == on) and (until is None or day <= until) and (since is None or day >= since)

    return meets


def _day(value: str | None) -> date | None:
    """The day of a date or a time; an unreadable one filters nothing."""
    if not value:
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None


def _whole(value: str | None, default: int) -> int:
    return int(value) if value and value.isdigit() else default
