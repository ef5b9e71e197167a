"""Stand-in for Supabase Auth (GoTrue), mounted so that ``SUPABASE_URL`` is ``<sandbox>/gotrue``.

It keeps users in memory, hashes nothing (it is no place for real passwords), signs tokens with a key that it publishes,
rotates refresh tokens and notices a stolen one, and wants the keys a hosted project wants.
"""

from portal.sandbox.gotrue.api import AuthApi
from portal.sandbox.gotrue.control import GoTrueControl
from portal.sandbox.gotrue.store import Store
from portal.sandbox.state import Provider

__all__ = ["provider"]


def _build() -> Provider:
    store = Store()
    return Provider(
        name="gotrue",
        routes=AuthApi(store).routes(),
        control_routes=GoTrueControl(store).routes(),
        reset=store.reset,
        seed=store.seed,
    )


provider = _build()
