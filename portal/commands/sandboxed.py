"""Which providers the demo reaches through the sandbox: those without a key or an address of their own."""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.core.settings import Settings


@dataclass(frozen=True)
class Provider:
    """`key_setting` makes it live; empty where each tenant has its own key (the demo tenants have the sandbox's).

    `more_urls` and `more_keys` are further settings of the same provider: path in the sandbox, and value there.
    """

    name: str
    url_setting: str
    sandbox_path: str
    key_setting: str = ""
    sandbox_key: str = ""
    more_urls: Mapping[str, str] = field(default_factory=dict)
    more_keys: Mapping[str, str] = field(default_factory=dict)


PROVIDERS = (
    Provider("Cal.com", "calcom_base_url", "/calcom/v2"),
    Provider("Anthropic", "anthropic_base_url", "/anthropic", "anthropic_api_key", "sk-ant-sandbox"),
    Provider(
        "Stripe",
        "stripe_base_url",
        "/stripe",
        "stripe_api_key",
        "sk_test_sandbox",
        more_keys={"stripe_webhook_secret": "whsec_sandbox"},
    ),
    Provider(
        "Twilio",
        "twilio_base_url",
        "/twilio",
        "twilio_auth_token",
        "5b" * 16,
        more_urls={"twilio_messaging_base_url": "/twilio"},
        more_keys={
            "twilio_account_sid": "AC" + "5a" * 16,
            "twilio_messaging_service_sid": "MG" + "5c" * 16,
        },
    ),
    Provider(
        "Cloudflare", "cloudflare_base_url", "/cloudflare/client/v4", "cloudflare_api_token", "cloudflare-sandbox"
    ),
    Provider("OpenAI", "openai_base_url", "/openai/v1", "openai_api_key", "sk-sandbox"),
)


def sandboxed(settings: Settings) -> list[Provider]:
    """Providers to stand in for. With the setting SANDBOX on: all of them, whatever keys there are."""
    return [provider for provider in PROVIDERS if settings.sandbox or not _is_live(provider, settings)]


def sandbox_settings(providers: list[Provider], origin: str) -> dict[str, str]:
    """Settings that send these providers' clients to the sandbox at `origin` (scheme, host and port)."""
    settings = {provider.url_setting: origin + provider.sandbox_path for provider in providers}
    settings |= {provider.key_setting: provider.sandbox_key for provider in providers if provider.key_setting}
    for provider in providers:
        settings |= {name: origin + path for name, path in provider.more_urls.items()}
        settings |= dict(provider.more_keys)
    return settings | {"sandbox": "true" if providers else "false"}


def put_bookings(origin: str, key: str, bookings: list[dict[str, Any]]) -> None:
    """Have the sandbox's calendar of this account hold these bookings; those that it has already stay as they are."""
    body = json.dumps(bookings).encode()
    request = urllib.request.Request(f"{origin}/_sandbox/calcom/accounts/{key}/bookings", body, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - our own http:// address
        return


def _is_live(provider: Provider, settings: Settings) -> bool:
    default = Settings.model_fields[provider.url_setting].default
    has_address = getattr(settings, provider.url_setting) != default
    return has_address or bool(provider.key_setting and getattr(settings, provider.key_setting))
