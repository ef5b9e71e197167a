"""Orders for the Cal.com stand-in: make accounts, and see every booking as it really is."""

from __future__ import annotations

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.sandbox.calcom import views
from portal.sandbox.calcom.accounts import AccountSpec
from portal.sandbox.calcom.booking_input import EarlierBooking
from portal.sandbox.calcom.bookings import BookingDesk
from portal.sandbox.calcom.store import Store
from portal.sandbox.orders import understood

EARLIER = TypeAdapter(list[EarlierBooking])


class CalcomControl:
    """``/_sandbox/calcom/...``"""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        return [
            Route("/_sandbox/calcom/accounts", self.list_accounts, methods=["GET"]),
            Route("/_sandbox/calcom/accounts", understood(self.put_account), methods=["POST"]),
            Route("/_sandbox/calcom/accounts/{key}/revoke", self.revoke, methods=["POST"]),
            Route("/_sandbox/calcom/accounts/{key}/bookings", understood(self.put_bookings), methods=["POST"]),
            Route("/_sandbox/calcom/bookings", self.list_bookings, methods=["GET"]),
        ]

    async def list_accounts(self, request: Request) -> Response:
        return JSONResponse({"accounts": [account.as_ids() for account in self._store.accounts.values()]})

    async def put_bookings(self, request: Request) -> Response:
        """Bookings that were there before: those of unknown uids are added, at any time, and nobody is told."""
        account = self._store.accounts.get(request.path_params["key"])
        wanted = EARLIER.validate_json(await request.body())
        if account is None or any(self._store.account_of(item.event_type_id) is not account for item in wanted):
            return JSONResponse({"error": {"message": "no such account or event type"}}, status_code=404)
        added = [BookingDesk(self._store).put(item) for item in wanted if item.uid not in self._store.bookings]
        return JSONResponse({"added": len(added)})

    async def put_account(self, request: Request) -> Response:
        """Create the account of the key, or bring it up to date: the same body gives the same ids."""
        spec = AccountSpec.model_validate_json(await request.body())
        try:
            account = self._store.put_account(spec)
        except ValueError as exc:
            return JSONResponse({"error": {"message": str(exc)}}, status_code=409)
        return JSONResponse(account.as_ids())

    async def revoke(self, request: Request) -> Response:
        """The key is no longer valid, as if its owner had deleted it; a body for its account makes it so again."""
        self._store.revoked.add(request.path_params["key"])
        return JSONResponse({"revoked": request.path_params["key"]})

    async def list_bookings(self, request: Request) -> Response:
        """All bookings, cancelled ones too, in the order they were made; of one key with ``api_key``."""
        key = request.query_params.get("api_key")
        found = self._store.bookings.values() if key is None else self._store.bookings_of(key)
        return JSONResponse({"bookings": [views.booking(self._store, booking) for booking in found]})
