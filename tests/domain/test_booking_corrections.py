"""What a proposal's card says, and what its customer may correct on it."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine

from portal.core import clock, db
from portal.core.db import Access
from portal.core.errors import InvalidArgument, ProposalExpired
from portal.domain import booking, conversation
from portal.domain.booking import Correction, Details
from tests.assistant.driver import query
from tests.domain.test_booking import at, request
from tests.factories import MadeTenant, TenantFactory


@pytest.fixture
def shop(tenants: TenantFactory, configure: Any) -> MadeTenant:
    configure(
        TWILIO_ACCOUNT_SID="AC" + "0" * 32, TWILIO_AUTH_TOKEN="token", TWILIO_MESSAGING_SERVICE_SID="MG" + "0" * 32
    )
    return tenants.make(services={"Haircut": {"duration_minutes": 30, "price_cents": 3500}})


@pytest.fixture
def access(shop: MadeTenant) -> Access:
    visitor = db.customer(shop.id)
    begun = conversation.start(visitor, ip_hash=None, user_agent=None)
    return replace(visitor, session_id=begun.session_id)


def propose(access: Access, shop: MadeTenant, *, hour: int = 10, **changes: Any) -> UUID:
    start = at(shop, hour)
    [slot] = [each for each in _slots(shop, start) if each.start == start]
    booking.record_offers(access, shop.service_id, (slot,))
    return booking.propose_create(access, request(shop, start, **changes)).id


def _slots(shop: MadeTenant, start: Any) -> Any:
    from portal.domain import availability, phrases

    day = phrases.local_iso(start, shop.timezone)[:10]
    return availability.slots_for_day(shop.id, shop.service_id, type(start).fromisoformat(day).date())


def row(tenants: TenantFactory, proposal: UUID) -> dict[str, Any]:
    return query(tenants.admin_url, "select * from portal.proposals where id = %s", proposal)[0]


def changed(card: Details) -> dict[str, tuple[str, str]]:
    return {change.field: (change.old, change.new) for change in card.changes}


class TestDetails:
    def test_everything_that_will_be_stored(self, access: Access, shop: MadeTenant) -> None:
        card = booking.details(access, propose(access, shop, notes="Short at the sides"))
        assert (card.service, card.price) == ("Haircut", "$35")
        assert card.when.endswith("10:00–10:30 AM (America/New_York)")
        assert (card.name, card.email, card.phone) == ("Ana Ruiz", "ana@example.com", "+12125550142")
        assert (card.notes, card.consent_sms, card.is_editable, card.changes) == ("Short at the sides", False, True, ())

    def test_texts_are_not_asked_about_without_a_number(self, access: Access, shop: MadeTenant) -> None:
        assert booking.details(access, propose(access, shop, phone=None)).consent_sms is None

    def test_nor_where_the_business_sends_none(self, access: Access, shop: MadeTenant, tenants: TenantFactory) -> None:
        query(
            tenants.admin_url, "insert into portal.tenant_sms_settings (tenant_id, enabled) values (%s, false)", shop.id
        )
        proposal = propose(access, shop)
        assert booking.details(access, proposal).consent_sms is None
        with pytest.raises(InvalidArgument):
            booking.correct(access, proposal, Correction(consent_sms=True))

    def test_nor_without_an_account_that_sends(self, access: Access, shop: MadeTenant, configure: Any) -> None:
        configure(TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="", TWILIO_MESSAGING_SERVICE_SID="")
        assert booking.details(access, propose(access, shop)).consent_sms is None

    def test_is_nobody_elses(self, access: Access, shop: MadeTenant) -> None:
        proposal = propose(access, shop)
        for other in (db.customer(shop.id), db.customer(shop.id, session_id=uuid4())):
            with pytest.raises(ProposalExpired):
                booking.details(other, proposal)
            with pytest.raises(ProposalExpired):
                booking.correct(other, proposal, Correction(name="Eve"))

    def test_a_move_and_a_cancellation_say_whose_and_from_when(self, access: Access, shop: MadeTenant) -> None:
        made = booking.confirm(access, propose(access, shop))
        own = access.with_booking(made.id)
        booking.record_offers(access, shop.service_id, tuple(_slots(shop, at(shop, 14))))
        move = booking.details(access, booking.propose_reschedule(own, start=at(shop, 14)).id)
        assert "10:00 AM" in move.previous_when
        assert "2:00–2:30 PM" in move.when
        assert (move.name, move.email, move.phone, move.is_editable) == ("Ana Ruiz", "ana@example.com", "", False)
        cancel = booking.details(access, booking.propose_cancel(own).id)
        assert "10:00 AM" in cancel.previous_when
        assert (cancel.when, cancel.name, cancel.price, cancel.consent_sms) == ("", "Ana Ruiz", "", None)


class TestCorrect:
    def test_is_stored_cleaned_and_told(self, access: Access, shop: MadeTenant, tenants: TenantFactory) -> None:
        proposal = propose(access, shop)
        card = booking.correct(
            access, proposal, Correction(name=" Ana  Diaz ", email="Diaz@Example.com", notes="Hello")
        )
        assert changed(card) == {
            "name": ("Ana Ruiz", "Ana Diaz"), "email": ("ana@example.com", "diaz@example.com"), "notes": ("", "Hello"),
        }  # fmt: skip
        assert booking.details(access, proposal) == card
        made = booking.confirm(access, proposal)
        assert (made.customer_name, made.customer_email, made.notes) == ("Ana Diaz", "diaz@example.com", "Hello")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            (Correction(name=" "), "name"),
            (Correction(name="Ana", email="ana@"), "email"),
            (Correction(name="Ana", phone="12"), "phone"),
            (Correction(name="Ana", notes="x" * 1001), "notes"),
            (Correction(name="Ana", phone="", consent_sms=True), "consent_sms"),
        ],
    )
    def test_a_wrong_field_changes_nothing(
        self, access: Access, shop: MadeTenant, tenants: TenantFactory, wrong: Correction, field: str
    ) -> None:
        proposal = propose(access, shop)
        before = row(tenants, proposal)
        with pytest.raises(InvalidArgument) as raised:
            booking.correct(access, proposal, wrong)
        assert raised.value.details["field"] == field
        assert row(tenants, proposal) == before

    def test_what_is_over_stays(self, access: Access, shop: MadeTenant, tenants: TenantFactory) -> None:
        proposal = propose(access, shop)
        with time_machine.travel(clock.now() + booking.proposals.WAIT), pytest.raises(ProposalExpired):
            booking.correct(access, proposal, Correction(name="Eve"))
        booking.confirm(access, proposal)
        with pytest.raises(ProposalExpired):
            booking.correct(access, proposal, Correction(name="Eve"))

    def test_a_new_proposal_says_what_it_changes(self, access: Access, shop: MadeTenant) -> None:
        propose(access, shop)
        later = booking.details(access, propose(access, shop, hour=14, email="diaz@example.com"))
        assert set(changed(later)) == {"when", "email"}
        assert changed(later)["email"] == ("ana@example.com", "diaz@example.com")


class TestConsent:
    def test_is_stored_with_its_time(self, access: Access, shop: MadeTenant, tenants: TenantFactory) -> None:
        proposal = propose(access, shop)
        assert booking.correct(access, proposal, Correction(consent_sms=True)).consent_sms is True
        given = row(tenants, proposal)["consent_sms_at"]
        booking.correct(access, proposal, Correction(consent_sms=True))
        made = booking.confirm(access, proposal)
        [stored] = query(tenants.admin_url, "select * from portal.bookings where id = %s", made.id)
        assert (stored["consent_sms"], stored["consent_sms_at"]) == (True, given)

    def test_can_be_taken_back(self, access: Access, shop: MadeTenant, tenants: TenantFactory) -> None:
        proposal = propose(access, shop)
        booking.correct(access, proposal, Correction(consent_sms=True))
        assert booking.correct(access, proposal, Correction(consent_sms=False)).consent_sms is False
        assert row(tenants, proposal)["consent_sms_at"] is None

    def test_is_for_one_number(self, access: Access, shop: MadeTenant) -> None:
        proposal = propose(access, shop)
        booking.correct(access, proposal, Correction(consent_sms=True))
        assert booking.correct(access, proposal, Correction(phone="(212) 555-0142")).consent_sms is True
        assert booking.correct(access, proposal, Correction(phone="(212) 555-0143")).consent_sms is False
        assert booking.correct(access, proposal, Correction(phone="")).consent_sms is None

    def test_stands_when_the_time_is_changed(self, access: Access, shop: MadeTenant, tenants: TenantFactory) -> None:
        booking.correct(access, propose(access, shop), Correction(consent_sms=True))
        assert booking.details(access, propose(access, shop, hour=14)).consent_sms is True
        assert booking.details(access, propose(access, shop, phone="(212) 555-0143")).consent_sms is False
