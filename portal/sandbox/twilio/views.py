"""Messages and services as Twilio's JSON, and as the fields of its webhooks."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from portal.sandbox.clock import clock
from portal.sandbox.twilio.accounts import AccountSpec, ServiceSpec
from portal.sandbox.twilio.errors import DELIVERY_ERRORS
from portal.sandbox.twilio.store import Message

API_VERSION = "2010-04-01"
MESSAGING_ORIGIN = "https://messaging.twilio.com"


def stamp(moment: datetime | None) -> str | None:
    """RFC 2822 in GMT, to the second, as this API writes times."""
    return format_datetime(moment.replace(microsecond=0)) if moment else None


def money(micros: int | None) -> str | None:
    """What was taken, hence negative: ``-0.00790``."""
    return f"{-micros / 1_000_000:.5f}" if micros is not None else None


def account(spec: AccountSpec) -> dict[str, Any]:
    now, uri = stamp(clock.now()), f"/{API_VERSION}/Accounts/{spec.sid}"
    return {
        "sid": spec.sid,
        "friendly_name": spec.friendly_name,
        "status": spec.status,
        "type": "Full",
        "owner_account_sid": spec.sid,
        "auth_token": spec.auth_token,
        "date_created": now,
        "date_updated": now,
        "uri": f"{uri}.json",
        "subresource_uris": {"messages": f"{uri}/Messages.json"},
    }


def message(shown: Message) -> dict[str, Any]:
    base = f"/{API_VERSION}/Accounts/{shown.account_sid}/Messages/{shown.sid}"
    return {
        "account_sid": shown.account_sid,
        "api_version": API_VERSION,
        "body": shown.body,
        "date_created": stamp(shown.created_at),
        "date_sent": stamp(shown.sent_at),
        "date_updated": stamp(shown.updated_at),
        "direction": shown.direction,
        "error_code": shown.error_code,
        "error_message": DELIVERY_ERRORS.get(shown.error_code) if shown.error_code else None,
        "from": shown.from_number,
        "messaging_service_sid": shown.service_sid,
        "num_media": "0",
        "num_segments": str(shown.segments) if shown.from_number else "0",
        "price": money(shown.price_micros),
        "price_unit": shown.price_unit,
        "sid": shown.sid,
        "status": shown.status,
        "subresource_uris": {"media": f"{base}/Media.json"},
        "to": shown.to,
        "uri": f"{base}.json",
    }


def status_fields(told: Message, status: str) -> dict[str, str]:
    """The form of a status callback."""
    fields = {
        "AccountSid": told.account_sid,
        "ApiVersion": API_VERSION,
        "From": told.from_number or "",
        "MessageSid": told.sid,
        "MessageStatus": status,
        "SmsSid": told.sid,
        "SmsStatus": status,
        "To": told.to,
    }
    if told.service_sid:
        fields["MessagingServiceSid"] = told.service_sid
    if status in ("undelivered", "failed") and told.error_code:
        fields["ErrorCode"] = str(told.error_code)
    if status in ("delivered", "undelivered"):
        fields["RawDlrDoneDate"] = f"{told.updated_at:%y%m%d%H%M}"
    return fields


def inbound_fields(received: Message, opt_out_type: str | None) -> dict[str, str]:
    """The form of an incoming message."""
    fields = {
        "AccountSid": received.account_sid,
        "ApiVersion": API_VERSION,
        "Body": received.body,
        "From": received.from_number or "",
        "MessageSid": received.sid,
        "NumMedia": "0",
        "NumSegments": str(received.segments),
        "SmsMessageSid": received.sid,
        "SmsSid": received.sid,
        "SmsStatus": "received",
        "To": received.to,
    }
    if received.service_sid:
        fields["MessagingServiceSid"] = received.service_sid
    if opt_out_type:
        fields["OptOutType"] = opt_out_type
    return fields


def service(account_sid: str, shown: ServiceSpec) -> dict[str, Any]:
    now = iso(clock.now())
    url = f"{MESSAGING_ORIGIN}/v1/Services/{shown.sid}"
    return {
        "sid": shown.sid,
        "account_sid": account_sid,
        "friendly_name": shown.friendly_name,
        "date_created": now,
        "date_updated": now,
        "inbound_request_url": shown.inbound_request_url,
        "inbound_method": "POST",
        "fallback_url": None,
        "fallback_method": "POST",
        "status_callback": shown.status_callback,
        "sticky_sender": True,
        "mms_converter": True,
        "smart_encoding": False,
        "scan_message_content": "inherit",
        "fallback_to_long_code": True,
        "area_code_geomatch": True,
        "synchronous_validation": False,
        "validity_period": 14_400,
        "usecase": "notifications",
        "us_app_to_person_registered": shown.campaign_status == "VERIFIED",
        "use_inbound_webhook_on_number": False,
        "url": url,
        "links": {"phone_numbers": f"{url}/PhoneNumbers", "us_app_to_person": f"{url}/Compliance/Usa2p"},
    }


def phone_number(account_sid: str, service_sid: str, number: str, country: str) -> dict[str, Any]:
    now, sid = iso(clock.now()), f"PN{_digest(number)}"
    return {
        "sid": sid,
        "account_sid": account_sid,
        "service_sid": service_sid,
        "date_created": now,
        "date_updated": now,
        "phone_number": number,
        "country_code": country,
        "capabilities": ["SMS"],
        "url": f"{MESSAGING_ORIGIN}/v1/Services/{service_sid}/PhoneNumbers/{sid}",
    }


def campaign(account_sid: str, shown: ServiceSpec) -> dict[str, Any]:
    now, sid = iso(clock.now()), f"QE{_digest(shown.sid)}"
    return {
        "sid": sid,
        "account_sid": account_sid,
        "brand_registration_sid": f"BN{_digest(account_sid)}",
        "messaging_service_sid": shown.sid,
        "description": "Confirmations and reminders of appointments.",
        "message_samples": ["Your haircut is tomorrow at 10:00."],
        "us_app_to_person_usecase": "CUSTOMER_CARE",
        "has_embedded_links": True,
        "has_embedded_phone": False,
        "subscriber_opt_in": True,
        "age_gated": False,
        "direct_lending": False,
        "campaign_status": shown.campaign_status,
        "campaign_id": "CSANDBOX",
        "is_externally_registered": False,
        "rate_limits": None,
        "message_flow": "Customers tick a box when they book.",
        "opt_in_message": None,
        "opt_out_message": None,
        "help_message": None,
        "opt_in_keywords": ["START"],
        "opt_out_keywords": ["STOP"],
        "help_keywords": ["HELP"],
        "date_created": now,
        "date_updated": now,
        "url": f"{MESSAGING_ORIGIN}/v1/Services/{shown.sid}/Compliance/Usa2p/{sid}",
        "mock": False,
        "errors": [],
    }


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
