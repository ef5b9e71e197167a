"""Cards of the conversation, from running events and from stored ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.assistant import events
from portal.core.ids import new_id
from portal.domain import tenants as domain_tenants
from portal.domain.booking import Change, Details
from portal.domain.conversation import MessageView
from portal.domain.tenants import Site
from portal.web.chat.cards import Card, card_from, cards_from
from portal.web.chat.messages import message, messages_from, with_choice_marked, with_proposal
from portal.web.chat.request import Request
from tests.factories import TenantFactory

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # 12:00 in New York


@pytest.fixture
def site(tenants: TenantFactory) -> Site:
    made = tenants.make(profile={"address_line1": "1 Main Street", "city": "Brooklyn"})
    return domain_tenants.site(made.id)


DETAILS = Details(
    service="Haircut", when="Tuesday, 12:00 PM (America/New_York)", previous_when="Monday, 9:00 AM (America/New_York)",
    price="$35", name="Ann Lee", email="ann@example.com", phone="+12125550142", notes="", consent_sms=False,
    is_editable=True, changes=(Change("email", "an@example.com", "ann@example.com"), Change("notes", "Hello", "")),
)  # fmt: skip


def offered(*starts: datetime) -> dict[str, Any]:
    slots = tuple(events.OfferedSlot(start, start + timedelta(minutes=30), "") for start in starts)
    return events.Slots(new_id(), "Haircut", "America/New_York", slots).data()


class TestSlots:
    def test_by_day_in_the_business_zone(self, site: Site) -> None:
        late = datetime(2026, 11, 25, 1, tzinfo=UTC)  # still the 24th in New York
        card = card_from("slots", offered(late, NOON, NOON + timedelta(days=1)), site)
        assert card is not None
        assert [(day.title, [time.label for time in day.times]) for day in card.days] == [
            ("Tuesday, November 24", ["12:00 PM", "8:00 PM"]),
            ("Wednesday, November 25", ["12:00 PM"]),
        ]
        assert card.days[0].times[0].say == "Tue, Nov 24, 12:00 PM"
        assert card.zone == "New York time"

    def test_many_times_are_spread_and_the_rest_folded(self, site: Site) -> None:
        starts = [NOON - timedelta(hours=3) + timedelta(minutes=15 * step) for step in range(36)]
        card = card_from("slots", offered(*starts), site)
        assert card is not None
        [day] = card.days
        assert [time.label for time in day.times] == [
            "9:00 AM", "10:00 AM", "11:00 AM", "12:00 PM", "1:00 PM", "2:00 PM", "3:00 PM", "4:00 PM", "5:00 PM",
        ]  # fmt: skip
        assert len(day.times) + len(day.more) == 36

    def test_later_days_are_folded(self, site: Site) -> None:
        starts = [NOON + timedelta(days=day, hours=hour) for day in range(5) for hour in range(5)]
        card = card_from("slots", offered(*starts), site)
        assert card is not None
        assert (len(card.days), len(card.more_days)) == (2, 3)


class TestNamedTimes:
    """Every quarter of an hour from 9:00 to 17:45, on five days from Tuesday, November 24."""

    @pytest.fixture
    def card(self, site: Site) -> Card:
        begin = NOON - timedelta(hours=3)
        starts = [begin + timedelta(days=day, minutes=15 * step) for day in range(5) for step in range(36)]
        card = card_from("slots", offered(*starts), site)
        assert card is not None
        return card

    @pytest.mark.parametrize(
        ("text", "day", "named"),
        [
            ("I have 9:15 AM, 2:45 PM and 5:30 PM.", 0, ("9:15 AM", "2:45 PM", "5:30 PM")),
            ("On Tuesday: 9:15, 9:30 or 9:45 AM.", 0, ("9:15 AM", "9:30 AM", "9:45 AM")),
            ("Friday has 3:15 p.m. free.", 3, ("3:15 PM",)),
            ("How about Nov 26 at 16:45?", 2, ("4:45 PM",)),
            ("**Saturday, November 28** at 10:15 AM", 4, ("10:15 AM",)),
        ],
    )
    def test_are_in_sight(self, card: Card, text: str, day: int, named: tuple[str, ...]) -> None:
        title = [*card.days, *card.more_days][day].title
        [shown] = message("assistant", text, [card]).cards
        [spoken_of] = [each for each in shown.days if each.title == title]
        labels = [time.label for time in spoken_of.times]
        assert set(named) <= set(labels)
        assert labels == sorted(labels, key=lambda label: datetime.strptime(label, "%I:%M %p").time())  # noqa: DTZ007
        assert sum(len(each.times) + len(each.more) for each in (*shown.days, *shown.more_days)) == 5 * 36

    @pytest.mark.parametrize("text", ["It takes 30 minutes and costs $35.", "We open at 7:10 AM.", "", "24/7, 3 of 4"])
    def test_other_numbers_change_nothing(self, card: Card, text: str) -> None:
        assert message("assistant", text, [card]).cards == [card]

    @pytest.mark.parametrize(
        ("said", "chosen"),
        [
            ("Tue, Nov 24, 11:15 AM", "Tue, Nov 24, 11:15 AM"),
            ("the 11:15 am one please", "Tue, Nov 24, 11:15 AM"),
            ("Thu 4:45 pm", "Thu, Nov 26, 4:45 PM"),
            ("9:00 AM or 10:00 AM?", None),
            ("What does it cost?", None),
        ],
    )
    def test_the_chosen_one_stays_marked(self, card: Card, said: str, chosen: str | None) -> None:
        shown = with_choice_marked([message("assistant", "Choose one.", [card])], said)
        marked = [time.say for day in shown[0].cards[0].days for time in day.times if time.is_chosen]
        assert marked == ([chosen] if chosen else [])

    def test_after_a_reload_too(self, site: Site, card: Card) -> None:
        stored = {"event": "slots", "data": offered(NOON, NOON + timedelta(hours=1))}
        at = datetime(2026, 11, 20, tzinfo=UTC)
        history = [
            MessageView(new_id(), "assistant", "Choose one.", [stored], at),
            MessageView(new_id(), "user", "Tue, Nov 24, 1:00 PM", [], at),
        ]
        [day] = messages_from(history, site)[0].cards[0].days
        assert [(time.label, time.is_chosen) for time in day.times] == [("12:00 PM", False), ("1:00 PM", True)]


class TestOthers:
    def test_proposal(self, site: Site) -> None:
        event = events.ProposalCard(new_id(), "cancel", "Cancel Haircut, …", NOON, DETAILS)
        card = card_from(event.name, event.data(), site)
        assert card is not None
        assert (card.title, card.confirm_label, card.decline_label) == (
            "Cancel this booking?", "Cancel the booking", "Keep it",
        )  # fmt: skip

    def test_a_request_shows_all_it_will_store(self, site: Site) -> None:
        event = events.ProposalCard(new_id(), "create", "Haircut", NOON, DETAILS)
        card = card_from(event.name, event.data(), site)
        assert card is not None
        assert [(fact.label, fact.value) for fact in card.request.facts] == [
            ("Service", "Haircut"), ("When", "Tuesday, 12:00 PM (America/New_York)"), ("Price", "$35"),
            ("Name", "Ann Lee"), ("E-mail", "ann@example.com"), ("Phone", "(212) 555-0142"), ("Notes", "None"),
        ]  # fmt: skip
        assert [(fact.label, fact.old) for fact in card.request.facts if fact.is_changed] == [
            ("E-mail", "an@example.com"), ("Notes", "Hello"),
        ]  # fmt: skip
        assert (card.request.can_edit, card.request.asks_texts, card.request.texts) == (True, True, False)

    @pytest.mark.parametrize(("kind", "labels"), [("reschedule", ["From", "To"]), ("cancel", ["When"])])
    def test_a_change_says_from_when_and_whose(self, site: Site, kind: str, labels: list[str]) -> None:
        event = events.ProposalCard(new_id(), kind, "Haircut", NOON, DETAILS)
        card = card_from(event.name, event.data(), site)
        assert card is not None
        assert [fact.label for fact in card.request.facts] == ["Service", *labels, "Name", "E-mail"]

    def test_a_request_stored_without_details_shows_its_summary(self, site: Site) -> None:
        data = events.ProposalCard(new_id(), "create", "Haircut, Tuesday", NOON, DETAILS).data()
        del data["details"]
        card = card_from("proposal", data, site)
        assert card is not None
        assert (card.summary, card.request) == ("Haircut, Tuesday", Request())

    def test_only_the_latest_card_of_a_request_is_shown(self, site: Site) -> None:
        card = card_from("proposal", events.ProposalCard(new_id(), "create", "", NOON, DETAILS).data(), site)
        assert card is not None
        other = replace(card, proposal_id=str(new_id()))
        shown = [message("assistant", "1", [card]), message("user", "2"), message("assistant", "3", [card, other])]
        latest = replace(card, title="new")
        assert [each.cards for each in with_proposal(shown, latest)] == [[], [], [other, latest]]
        assert with_proposal([message("user", "1")], latest)[0].cards == []

    def test_booking_has_links_only_for_a_time_that_stands(self, site: Site) -> None:
        for status, has_file in (("confirmed", True), ("pending", False), ("cancelled", False)):
            url = "http://shop.localhost:8000/manage/a.b.c"
            event = events.BookingCard("uid", status, NOON, NOON + timedelta(minutes=30), url, "Haircut", "")
            card = card_from(event.name, event.data(), site)
            assert card is not None
            assert card.booking.manage_path == "/manage/a.b.c"
            assert card.booking.calendar_path == ("/v1/public/bookings/a.b.c/calendar.ics" if has_file else "")
            assert card.booking.time == "12:00 – 12:30 PM (New York time)"
            assert card.booking.where == "1 Main Street, Brooklyn"

    def test_hand_off(self, site: Site) -> None:
        card = card_from("handoff", events.Handoff("+12125550142", None).data(), site)
        assert card is not None
        assert (card.phone, card.phone_href, card.email_href) == ("(212) 555-0142", "tel:+12125550142", "")

    @pytest.mark.parametrize(
        "stored", [{}, {"event": "slots"}, {"event": "booking", "data": {"start": "x"}}, {"event": "new"}]
    )
    def test_what_cannot_be_read_is_left_out(self, site: Site, stored: dict[str, Any]) -> None:
        assert cards_from([stored], site) == []
