"""Customers and prices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field

from portal.sandbox.clock import clock
from portal.sandbox.stripe import views
from portal.sandbox.stripe.errors import StripeError
from portal.sandbox.stripe.forms import Form, taken
from portal.sandbox.stripe.life import Life
from portal.sandbox.stripe.protocol import Call, Handler
from portal.sandbox.stripe.store import Customer, Store, new_id

# Of Stripe's search language: one comparison of one field of the metadata.
QUERY = re.compile(r"""metadata\[["'](?P<name>\w+)["']\]:["'](?P<value>[^"']*)["']""")


class Listing(Form):
    limit: int = Field(default=10, ge=1, le=100)


class CustomerForm(Form):
    name: str | None = Field(default=None, max_length=256)
    email: str | None = Field(default=None, max_length=512, pattern=r"^[^@\s]+@[^@\s]+$")
    metadata: dict[str, str] = Field(default_factory=dict, max_length=50)


class SearchForm(Listing):
    query: str


class PricesForm(Listing):
    active: bool | None = None
    lookup_keys: list[str] | None = Field(default=None, max_length=10)


class CustomersApi:
    def __init__(self, store: Store, life: Life) -> None:
        self._store = store
        self._life = life

    def paths(self) -> Mapping[str, Mapping[str, Handler]]:
        return {
            "/v1/customers": {"POST": self.create},
            "/v1/customers/search": {"GET": self.search},
            "/v1/customers/{customer}": {"GET": self.fetch, "POST": self.change, "DELETE": self.delete},
            "/v1/prices": {"GET": self.list_prices},
        }

    async def create(self, call: Call) -> dict[str, Any]:
        form = taken(CustomerForm, call.given)
        made = Customer(id=new_id("cus"), account=call.account.api_key, created_at=clock.now(), **form.model_dump())
        self._store.customers[made.id] = made
        return views.customer(made)

    async def search(self, call: Call) -> dict[str, Any]:
        """What is new is not found yet."""
        form = taken(SearchForm, call.given)
        wanted = QUERY.fullmatch(form.query.strip())
        if wanted is None:
            raise StripeError(400, "We were unable to parse your search query.", param="query")
        newest = clock.now() - timedelta(seconds=call.account.search_lag_seconds)
        found = [
            views.customer(each)
            for each in self._store.customers.values()
            if each.account == call.account.api_key
            and not each.deleted
            and each.created_at <= newest
            and each.metadata.get(wanted["name"]) == wanted["value"]
        ]
        page = views.listing("/v1/customers/search", found, limit=form.limit)
        return page | {"object": "search_result", "next_page": None}

    async def fetch(self, call: Call) -> dict[str, Any]:
        found = self._store.customers.get(call.path["customer"])
        if found is not None and found.deleted and found.account == call.account.api_key:
            return views.customer(found)
        return views.customer(self._store.customer(call.account, call.path["customer"]))

    async def change(self, call: Call) -> dict[str, Any]:
        form = taken(CustomerForm, call.given)
        found = self._store.customer(call.account, call.path["customer"])
        for name in form.model_fields_set - {"metadata"}:
            setattr(found, name, getattr(form, name))
        found.metadata |= form.metadata
        return views.customer(found)

    async def delete(self, call: Call) -> dict[str, Any]:
        found = self._store.customer(call.account, call.path["customer"])
        self._life.delete(call.account, found)
        return views.customer(found)

    async def list_prices(self, call: Call) -> dict[str, Any]:
        form = taken(PricesForm, call.given)
        found = [
            views.price(each)
            for each in call.account.prices
            if form.active in (None, each.active) and (form.lookup_keys is None or each.lookup_key in form.lookup_keys)
        ]
        return views.listing("/v1/prices", found, limit=form.limit)
