"""Who keeps the passwords: we (default), or Supabase when SUPABASE_URL is set."""

from functools import lru_cache

from portal.core.settings import get_settings
from portal.providers.identity.local import LocalIdentity
from portal.providers.identity.passwords import check_strength, hash_password
from portal.providers.identity.supabase import SupabaseIdentity
from portal.providers.identity.types import (
    AccountExists,
    Claims,
    IdentityBusy,
    IdentityProvider,
    IdentityUnavailable,
    Proof,
    StoredPassword,
    TokenRefused,
    Tokens,
    WeakPassword,
    WrongCredentials,
)


@lru_cache(maxsize=1)
def _supabase(url: str, key: str, legacy_secret: str) -> SupabaseIdentity:
    # Kept because it keeps the fetched signing keys.
    return SupabaseIdentity(url, key, legacy_secret)


def provider() -> IdentityProvider:
    """This deployment's identity provider."""
    settings = get_settings()
    if not settings.supabase_url:
        return LocalIdentity()
    secrets = (settings.supabase_service_key, settings.supabase_jwt_secret)
    return _supabase(settings.supabase_url, *(secret.get_secret_value() if secret else "" for secret in secrets))


__all__ = [
    "AccountExists",
    "Claims",
    "IdentityBusy",
    "IdentityProvider",
    "IdentityUnavailable",
    "LocalIdentity",
    "Proof",
    "StoredPassword",
    "SupabaseIdentity",
    "TokenRefused",
    "Tokens",
    "WeakPassword",
    "WrongCredentials",
    "check_strength",
    "hash_password",
    "provider",
]
