"""Who the key belongs to, what can be booked, and when it is open: ``/v2/me``, event types, schedules."""

from __future__ import annotations

from portal.sandbox.calcom import views
from portal.sandbox.calcom.accounts import EventType
from portal.sandbox.calcom.errors import CalcomError
from portal.sandbox.calcom.protocol import Call, Operation, Reply, success
from portal.sandbox.calcom.store import Store

EVENT_TYPE_VERSIONS = frozenset({"2024-06-14", "2026-06-12"})
CHANGEABLE = {"hidden": "hidden", "lengthInMinutes": "length_minutes"}
FAILED = "There was an error, please try again later."
SCHEDULE_VERSIONS = frozenset({"2024-06-11"})


class CatalogApi:
    """Accounts are made through the control API; here they are read, and an event type is changed a little."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def paths(self) -> dict[str, dict[str, Operation]]:
        def schedules(handler: str) -> dict[str, Operation]:
            return {"GET": Operation(getattr(self, handler), SCHEDULE_VERSIONS, needs_key=True)}

        return {
            "/v2/me": {"GET": Operation(self.me, needs_key=True)},
            "/v2/event-types": {"GET": Operation(self.list_event_types, EVENT_TYPE_VERSIONS)},
            "/v2/event-types/{id}": {
                "GET": Operation(self.get_event_type, EVENT_TYPE_VERSIONS, needs_key=True),
                "PATCH": Operation(self.change_event_type, EVENT_TYPE_VERSIONS, needs_key=True),
            },
            "/v2/schedules": schedules("list_schedules"),
            "/v2/schedules/default": schedules("default_schedule"),
            "/v2/schedules/{id}": schedules("get_schedule"),
        }

    async def me(self, call: Call) -> Reply:
        return success(views.me(call.owner))

    async def list_event_types(self, call: Call) -> Reply:
        """All of a user's event types, or the one of that slug. Without `username` the user is the key's owner."""
        username, slug = call.query.get("username"), call.query.get("eventSlug")
        if slug is not None and username is None:
            raise CalcomError(400, "eventSlug can be used only together with username")
        listed = [item for item in self._candidates(call, username) if slug in (None, item.spec.slug)]
        if call.query.get("sortCreatedAt") in ("asc", "desc"):
            listed.sort(key=lambda item: item.id, reverse=call.query["sortCreatedAt"] == "desc")
        return success([views.event_type(item, alone=False) for item in listed])

    def _candidates(self, call: Call, username: str | None) -> list[EventType]:
        own = call.account.key if call.account else None
        if username is None:
            return [item for item in self._store.event_types.values() if item.account_key == own]
        of_user = [item for item in self._store.event_types.values() if item.host.username == username]
        return [item for item in of_user if item.account_key == own or not item.spec.hidden]

    async def get_event_type(self, call: Call) -> Reply:
        return success(views.event_type(self._own(call), alone=True))

    async def change_event_type(self, call: Call) -> Reply:
        """Of what may be changed there, its length and whether it is hidden."""
        changes = {CHANGEABLE[name]: value for name, value in call.fields.items() if name in CHANGEABLE}
        return success(views.event_type(self._store.change_event_type(self._own(call), **changes), alone=True))

    def _own(self, call: Call) -> EventType:
        wanted = call.path["id"]
        if not wanted.isdigit():
            raise CalcomError(500, FAILED, code="INTERNAL_SERVER_ERROR", details=None)
        item = self._store.event_types.get(int(wanted))
        if item is None or item.account_key != call.owner.key:
            raise CalcomError(404, f"Event type with id {wanted} not found")
        return item

    async def list_schedules(self, call: Call) -> Reply:
        return success([views.schedule(call.owner)])

    async def default_schedule(self, call: Call) -> Reply:
        return success(views.schedule(call.owner))

    async def get_schedule(self, call: Call) -> Reply:
        if call.path["id"] != str(call.owner.schedule_id):
            raise CalcomError(404, f"Schedule with ID={call.path['id']} does not exist.")
        return success(views.schedule(call.owner))
