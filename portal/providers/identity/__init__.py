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
def _supabase(url: str) -> SupabaseIdentity:
    # Keeps the fetched signing keys.
    del url
    return SupabaseIdentity(get_settings())


def provider() -> IdentityProvider:
    """This deployment's identity provider."""
    url = get_settings().supabase_url
    return _supabase(url) if url else LocalIdentity()


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
