"""Messaging v1: services, their numbers, and their registration for the United States."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import phonenumbers

from portal.sandbox.twilio import views
from portal.sandbox.twilio.accounts import ServiceSpec
from portal.sandbox.twilio.errors import TwilioError
from portal.sandbox.twilio.protocol import Call, Handler, Reply
from portal.sandbox.twilio.store import Store


class ServicesApi:
    """Lists are short here: one page holds all."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def paths(self) -> Mapping[str, Mapping[str, Handler]]:
        return {
            "/v1/Services": {"GET": self.list_services},
            "/v1/Services/{sid}": {"GET": self.fetch, "POST": self.change},
            "/v1/Services/{sid}/PhoneNumbers": {"GET": self.list_numbers},
            "/v1/Services/{sid}/Compliance/Usa2p": {"GET": self.list_campaigns},
        }

    async def list_services(self, call: Call) -> Reply:
        return _page(call, "services", [views.service(call.account.sid, each) for each in call.account.services])

    async def fetch(self, call: Call) -> Reply:
        return Reply(views.service(call.account.sid, _named(call)))

    async def change(self, call: Call) -> Reply:
        service = _named(call)
        if "InboundRequestUrl" in call.form:
            service.inbound_request_url = call.form["InboundRequestUrl"] or None
        if "StatusCallback" in call.form:
            service.status_callback = call.form["StatusCallback"] or None
        return Reply(views.service(call.account.sid, service))

    async def list_numbers(self, call: Call) -> Reply:
        service = _named(call)
        shown = [views.phone_number(call.account.sid, service.sid, each, country(each)) for each in service.numbers]
        return _page(call, "phone_numbers", shown)

    async def list_campaigns(self, call: Call) -> Reply:
        service = _named(call)
        shown = [views.campaign(call.account.sid, service)] if service.campaign_status else []
        return _page(call, "compliance", shown)


def country(number: str) -> str:
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""


def _named(call: Call) -> ServiceSpec:
    service = call.account.service(call.path["sid"])
    if service is None:
        raise TwilioError(20404, call.uri)
    return service


def _page(call: Call, key: str, entries: list[dict[str, Any]]) -> Reply:
    url = views.MESSAGING_ORIGIN + call.uri.partition("?")[0]
    meta = {
        "page": 0,
        "page_size": 50,
        "first_page_url": f"{url}?PageSize=50&Page=0",
        "previous_page_url": None,
        "next_page_url": None,
        "url": f"{url}?PageSize=50&Page=0",
        "key": key,
    }
    return Reply({key: entries, "meta": meta})
