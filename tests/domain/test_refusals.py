"""What becomes of a change that Cal.com refuses: words to act on, and nothing left behind."""

from typing import Any

import pytest

from portal.core import db, queue
from portal.core.errors import (
    AlreadyBooked,
    BookingRefused,
    InvalidArgument,
    NotChangeable,
    NotConnected,
    PortalError,
    ProviderError,
    SlotTaken,
    TimeClosed,
)
from portal.domain import booking
from portal.domain.booking.types import Status
from tests.domain.test_booking import at, book, request
from tests.factories import MadeTenant, Sandbox, TenantFactory, administrator

CREATES = {"method": "POST", "path_regex": "/bookings$"}


def envelope(status: int, message: str, code: str = "BadRequestException") -> dict[str, Any]:
    return {"status": status, "body": {"status": "error", "error": {"code": code, "message": message}}}


def core(status: int, message: str) -> dict[str, Any]:
    return {"status": status, "body": {"statusCode": status, "message": message}}


REFUSALS: list[tuple[dict[str, Any], type[PortalError]]] = [
    (core(409, "already_signed_up_for_this_booking_error"), AlreadyBooked),
    (core(409, "booking_conflict_error"), SlotTaken),
    (envelope(400, "No available users found."), SlotTaken),
    (envelope(400, "User either already has booking at this time or is not available"), SlotTaken),
    (envelope(400, "Attempting to book a meeting in the past."), TimeClosed),
    (envelope(400, 'The event type can\'t be booked at the "start" time provided.'), TimeClosed),
    (envelope(400, "responses - {email}email_validation_error, ", "BAD_REQUEST"), InvalidArgument),
    (envelope(400, "responses - {company}error_required_field, ", "BAD_REQUEST"), BookingRefused),
    (envelope(401, "ApiAuthStrategy - api key - Your api key is not valid"), NotConnected),
    (envelope(403, "Forbidden resource", "ForbiddenException"), NotConnected),
    (envelope(404, "Event type with id 2 not found.", "NotFoundException"), NotConnected),
    (envelope(422, "What nobody has seen yet"), BookingRefused),
    (envelope(402, "Payment required"), BookingRefused),
]


def left_behind(tenants: TenantFactory) -> dict[str, Any]:
    admin = administrator(tenants.admin_url)
    [(claims, open_proposals, bookings)] = admin.execute(
        "select (select count(*) from portal.slot_claims),"
        " (select count(*) from portal.proposals where state in ('waiting', 'executing')),"
        " (select count(*) from portal.bookings where status <> 'cancelled')"
    ).fetchall()
    return {"claims": claims, "open": open_proposals, "bookings": bookings}


class TestCreate:
    @pytest.mark.parametrize(("answer", "error"), REFUSALS, ids=[str(row[0]["body"])[-60:-3] for row in REFUSALS])
    def test_has_words_and_leaves_nothing(
        self, tenants: TenantFactory, sandbox: Sandbox, answer: dict[str, Any], error: type[PortalError]
    ) -> None:
        shop = tenants.make()
        sandbox.fault(provider="calcom", match=CREATES, times=1, **answer)
        with pytest.raises(error) as refused:
            book(shop, at(shop, 10))
        assert type(refused.value) is error
        assert not isinstance(refused.value, ProviderError)
        assert refused.value.status < 500 or refused.value.status == 503
        assert "external service" not in refused.value.message
        assert left_behind(tenants) == {"claims": 0, "open": 0, "bookings": 0}

    def test_names_the_field(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        sandbox.fault(provider="calcom", match=CREATES, times=1, **REFUSALS[6][0])
        with pytest.raises(InvalidArgument, match="does not accept this e-mail address") as refused:
            book(shop, at(shop, 10))
        assert refused.value.details == {"field": "email"}
        assert book(shop, at(shop, 10), email="mended@example.com").status is Status.CONFIRMED

    def test_the_same_request_again_reads_the_same(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        sandbox.fault(provider="calcom", match=CREATES, times=1, **REFUSALS[0][0])
        for _ in range(2):
            with pytest.raises(AlreadyBooked):
                book(shop, at(shop, 10))

    def test_two_people_with_one_address_in_a_class(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make(services={"Yoga": {"duration_minutes": 60, "seats": 5}})
        lee = "lee@example.com"
        assert book(shop, at(shop, 10), "mum", name="Mum Lee", email=lee).status is Status.CONFIRMED
        with pytest.raises(AlreadyBooked, match="another e-mail address"):
            book(shop, at(shop, 10), "kid", name="Kid Lee", email=lee)
        assert left_behind(tenants) == {"claims": 1, "open": 0, "bookings": 1}
        assert book(shop, at(shop, 10), "kid-2", name="Kid Lee", email="kid@example.com").status is Status.CONFIRMED


class TestChange:
    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (envelope(404, "Booking with uid=x was not found in the database"), NotChangeable),
            (envelope(401, "ApiAuthStrategy - api key - Your api key is not valid"), NotConnected),
            (envelope(403, "Forbidden resource"), NotConnected),
            (envelope(400, "This event type does not allow that"), BookingRefused),
        ],
    )
    @pytest.mark.parametrize("verb", ["cancel", "reschedule"])
    def test_leaves_the_booking_as_it_was(
        self, tenants: TenantFactory, sandbox: Sandbox, verb: str, answer: dict[str, Any], error: type[PortalError]
    ) -> None:
        shop = tenants.make()
        made = book(shop, at(shop, 10))
        access = db.customer(shop.id, booking_id=made.id)
        wanted = (
            booking.propose_cancel(access)
            if verb == "cancel"
            else booking.propose_reschedule(access, start=at(shop, 12))
        )
        sandbox.fault(provider="calcom", match={"method": "POST", "path_regex": f"/{verb}$"}, times=1, **answer)
        with pytest.raises(error) as refused:
            booking.confirm(access, wanted.id)
        assert type(refused.value) is error
        kept = booking.get(access)
        assert (kept.status, kept.start) == (Status.CONFIRMED, made.start)
        assert left_behind(tenants) == {"claims": 1, "open": 0, "bookings": 1}


class TestLostRace:
    def test_a_time_that_somebody_got_first_is_taken(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        book(shop, at(shop, 10))
        with pytest.raises(SlotTaken, match=r"^That time was just taken\. Please choose another one\.$"):
            book(shop, at(shop, 10), "second", email="b@example.com")

    def test_so_is_one_that_somebody_holds(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        access = db.customer(shop.id)
        booking.propose_create(access, request(shop, at(shop, 10)))
        with pytest.raises(SlotTaken):
            book(shop, at(shop, 10), "second", email="b@example.com")

    def test_moving_there_too(self, tenants: TenantFactory) -> None:
        shop = tenants.make()
        mine = book(shop, at(shop, 10))
        book(shop, at(shop, 12), "second", email="b@example.com")
        with pytest.raises(SlotTaken):
            booking.propose_reschedule(db.customer(shop.id, booking_id=mine.id), start=at(shop, 12))


class TestSettling:
    def due(self, tenants: TenantFactory) -> None:
        administrator(tenants.admin_url).execute("update portal.jobs set run_at = now() where state = 'ready'")
        queue.drain(limit=1)

    def rounds(self, tenants: TenantFactory) -> list[Any]:
        found = administrator(tenants.admin_url).execute(
            "select args ->> 'round', state, extract(epoch from run_at - created_at) from portal.jobs"
            " where name = 'settle_proposal' order by created_at"
        )
        return [(row[0], row[1], round(row[2])) for row in found]

    def test_a_lost_answer_is_found_by_the_first_look(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        sandbox.fault(provider="calcom", match=CREATES, times=1, lost_reply=True)
        made = book(shop, at(shop, 10))
        assert made.status is Status.PENDING
        assert self.rounds(tenants) == [("0", "ready", 2)]
        self.due(tenants)
        assert booking.get(db.customer(shop.id, booking_id=made.id)).status is Status.CONFIRMED
        assert [state for _, state, _ in self.rounds(tenants)] == ["done"]

    def test_what_is_not_found_yet_is_not_given_up(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        sandbox.fault(provider="calcom", match=CREATES, times=1, drop_before=True)
        made = book(shop, at(shop, 10))
        self.due(tenants)
        assert booking.get(db.customer(shop.id, booking_id=made.id)).status is Status.PENDING
        assert self.at_calendar(sandbox, shop) == 0
        assert [each for each in self.rounds(tenants) if each[1] == "ready"] == [("1", "ready", 3)]

    def test_is_settled_as_soon_as_the_calendar_answers_again(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        shop = tenants.make()
        sandbox.fault(provider="calcom", match=CREATES, times=1, lost_reply=True)
        made = book(shop, at(shop, 10))
        administrator(tenants.admin_url).execute("update portal.proposals set lease_until = now() - interval '1 s'")
        sandbox.fault(provider="calcom", match={"method": "GET", "path_regex": "/bookings"}, times=3, status=503)
        self.due(tenants)
        assert booking.get(db.customer(shop.id, booking_id=made.id)).status is Status.PENDING
        self.due(tenants)
        assert booking.get(db.customer(shop.id, booking_id=made.id)).status is Status.CONFIRMED

    def test_a_refused_key_decides_nothing(self, tenants: TenantFactory, sandbox: Sandbox) -> None:
        """The booking stands there: it must not be called off here because nobody may ask."""
        shop = tenants.make()
        sandbox.fault(provider="calcom", match=CREATES, times=1, lost_reply=True)
        made = book(shop, at(shop, 10))
        admin = administrator(tenants.admin_url)
        admin.execute("update portal.proposals set lease_until = now() - interval '1 s'")
        sandbox.fault(provider="calcom", match={"method": "GET"}, times=1, **envelope(401, "not valid"))
        self.due(tenants)
        assert booking.get(db.customer(shop.id, booking_id=made.id)).status is Status.PENDING
        [(state, waits)] = admin.execute(
            "select state, lease_until > now() + interval '10 min' from portal.proposals"
        ).fetchall()
        assert (state, waits) == ("executing", True)
        assert self.at_calendar(sandbox, shop) == 1

    @staticmethod
    def at_calendar(sandbox: Sandbox, shop: MadeTenant) -> int:
        return len(sandbox.get("/_sandbox/calcom/bookings", api_key=shop.cal_key)["bookings"])
