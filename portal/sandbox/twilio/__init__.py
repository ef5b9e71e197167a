"""Stand-in for Twilio's messaging: the 2010-04-01 API and Messaging v1, both under the one mount.

Accounts come from the control API or a seed file. It sends nothing anywhere, but a message lives as it would: it is
accepted, queued, sent and delivered (or not), each step told to the status callback with a signature; numbers can be
made unreachable; STOP and START are kept as Twilio keeps them; price and segments appear when the message is final.
"""

from typing import Any

from portal.sandbox.state import Provider
from portal.sandbox.twilio.accounts import AccountSpec
from portal.sandbox.twilio.carrier import Carrier
from portal.sandbox.twilio.control import TwilioControl
from portal.sandbox.twilio.courier import Courier
from portal.sandbox.twilio.inbox import Inbox
from portal.sandbox.twilio.limits import RateLimiter
from portal.sandbox.twilio.messages_api import AccountsApi, MessagesApi
from portal.sandbox.twilio.protocol import routes_of
from portal.sandbox.twilio.services_api import ServicesApi
from portal.sandbox.twilio.store import Store

__all__ = ["provider"]


def _build() -> Provider:
    store, limiter = Store(), RateLimiter()
    courier = Courier(store)
    carrier = Carrier(store, courier)
    apis = (AccountsApi(store), MessagesApi(store, carrier), ServicesApi(store))

    def reset() -> None:
        store.reset()
        limiter.clear()
        carrier.drop_all()

    def seed(data: dict[str, Any]) -> None:
        for account in data["accounts"]:
            store.put_account(AccountSpec.model_validate(account))

    return Provider(
        name="twilio",
        routes=routes_of(store, limiter, apis),
        control_routes=TwilioControl(store, carrier, Inbox(store, carrier, courier)).routes(),
        reset=reset,
        seed=seed,
        snapshot=store.snapshot,
        restore=store.restore,
    )


provider = _build()
