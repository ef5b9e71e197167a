"""How many times one visitor may hold or take from others, decided by the database in the transaction that holds."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from portal.core import clock, db
from portal.core.errors import RateLimited
from portal.domain import hours
from portal.domain.booking.types import known
from portal.domain.tenants import Service, Site
from portal.models import Proposal

#: Times held and not yet booked.
MOST_OPEN: Final = 5
#: Shares of the appointments that a day has room for: of what is held, and of this and the last 24 hours' bookings.
SHARE_HELD, LEAST_HELD = 0.25, 2
SHARE_TAKEN, LEAST_TAKEN = 0.5, 3
#: How long the same time may be held without being booked, in any two hours.
MOST_HELD: Final = timedelta(minutes=25)
RETRY_SECONDS: Final = 600.0
ADMIT: Final = (
    "select portal.admit_hold(:who, :at, :start, :end, :day_start, :day_end, :most_open, :most_open_of_day,"
    " :most_of_day, :most_held)"
)


class TooManyHolds(RateLimited):
    reason = "too_many_holds"
    default = "Too many times are held from your connection. Please confirm or give up one of them first."


WORDS: Final = {
    "open": "Several times are being held from your connection already. Please confirm or give up one of them first;"
    " the booking page (/book) books at once.",
    "day": "Many times of that day were taken from your connection already. Please choose another day, or contact us"
    " directly.",
    "again": "That time was held from your connection for a while without being booked. Please book it at once on the"
    " booking page (/book), or choose another one.",
}


def admit(scope: db.Scope, site: Site, service: Service, proposal: Proposal) -> None:
    """Let the proposal's visitor hold its time, in the transaction that does. Raises TooManyHolds.

    A chat's visitor is who began it. Who books without a conversation holds nothing: just the day's share counts. Staff
    has no bounds.
    """
    if proposal.session_id is not None:
        proposal.visitor = scope.execute(
            "select ip_hash from portal.chat_sessions where tenant_id = :tenant and id = :session",
            tenant=scope.tenant_id, session=proposal.session_id,
        ).scalar()  # fmt: skip
    if proposal.visitor is None:
        return
    start, end = known(proposal.start_time), known(proposal.end_time)
    at, zone = clock.now(), site.profile.timezone
    day_start, day_end = hours.day_bounds(start.astimezone(ZoneInfo(zone)).date(), zone)
    room = hours.open_minutes(site.profile, start) // max(1, service.duration_minutes) * service.seats
    waits = proposal.session_id is not None
    refusal: str | None = scope.execute(
        ADMIT, who=proposal.visitor, at=at, start=start, end=end, day_start=day_start, day_end=day_end,
        most_open=MOST_OPEN if waits else None,
        most_open_of_day=max(LEAST_HELD, int(room * SHARE_HELD)) if waits else None,
        most_of_day=max(LEAST_TAKEN, int(room * SHARE_TAKEN)), most_held=MOST_HELD if waits else None,
    ).scalar()  # fmt: skip
    if refusal is not None:
        raise TooManyHolds(WORDS[refusal], retry_after_seconds=RETRY_SECONDS)
    proposal.created_at = at
