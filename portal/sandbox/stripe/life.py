"""What happens to sessions and subscriptions, and the events that tell of it."""

from __future__ import annotations

import calendar
import json
from datetime import datetime
from typing import Any

from portal.sandbox.clock import clock
from portal.sandbox.stripe import views
from portal.sandbox.stripe.accounts import AccountSpec, PriceSpec
from portal.sandbox.stripe.courier import Courier
from portal.sandbox.stripe.errors import missing
from portal.sandbox.stripe.store import Checkout, Customer, Event, Store, Subscription, new_id

OVER = frozenset({"canceled", "incomplete_expired"})


class Life:
    def __init__(self, store: Store, courier: Courier) -> None:
        self._store = store
        self._courier = courier

    def pay(self, account: AccountSpec, session: Checkout) -> Subscription:
        """The customer paid: the session is complete, and a subscription begins."""
        now = clock.now()
        made = Subscription(
            id=new_id("sub"), account=account.api_key, created_at=now, customer=session.customer, price=session.price,
            status="incomplete", period_start=now, period_end=month_after(now), metadata=session.subscription_metadata,
        )  # fmt: skip
        self._store.subscriptions[made.id] = made
        price = price_of(account, made.price)
        events = [self._event(account, "customer.subscription.created", views.subscription(made, price))]
        made.status = "active"
        session.status, session.subscription = "complete", made.id
        for kind, about in (
            ("customer.subscription.updated", views.subscription(made, price)),
            ("invoice.paid", views.invoice(new_id("in"), made, price)),
            ("checkout.session.completed", views.checkout(session, price)),
        ):
            events.append(self._event(account, kind, about))
        self._courier.tell(account, events)
        return made

    def change(self, account: AccountSpec, subscription: Subscription, **values: Any) -> None:
        """Give a subscription another state, price or end, and tell of it."""
        for name, value in values.items():
            setattr(subscription, name, value)
        if subscription.status in OVER:
            subscription.ended_at = subscription.ended_at or clock.now()
        kind = "deleted" if subscription.status == "canceled" else "updated"
        shown = views.subscription(subscription, price_of(account, subscription.price))
        self._courier.tell(account, [self._event(account, f"customer.subscription.{kind}", shown)])

    def delete(self, account: AccountSpec, customer: Customer) -> None:
        """A customer who is deleted has no subscription any more."""
        shown = views.customer(customer)
        customer.deleted = True
        for subscription in self._store.subscriptions.values():
            if subscription.customer == customer.id and subscription.status not in OVER:
                self.change(account, subscription, status="canceled")
        self._courier.tell(account, [self._event(account, "customer.deleted", shown)])

    def _event(self, account: AccountSpec, kind: str, about: dict[str, Any]) -> Event:
        event_id, now = new_id("evt"), clock.now()
        body = views.event(event_id, kind, about, at=now, endpoints=len(account.endpoints))
        event = Event(id=event_id, account=account.api_key, created_at=now, type=kind, body=json.dumps(body))
        self._store.events[event_id] = event
        return event


def price_of(account: AccountSpec, price_id: str, param: str = "price") -> PriceSpec:
    found = account.price(price_id)
    if found is None:
        raise missing("price", price_id, param)
    return found


def month_after(moment: datetime) -> datetime:
    year, month = moment.year + moment.month // 12, moment.month % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
