"""A key that is refused, an event type that changed: offers stop or the owner is told, until it is mended."""

from datetime import date, timedelta

import pytest

from portal.core import cache, clock, db, queue
from portal.core.errors import InvalidArgument, NotConnected
from portal.domain import availability, booking
from portal.domain.admin import integrations, launch, overview, services
from portal.domain.admin.integrations import EventTypeMapping
from portal.domain.booking.types import Status
from tests.domain.admin.conftest import Shop
from tests.domain.admin.test_tenants import connect
from tests.domain.test_booking import at, book, request
from tests.factories import Sandbox
from tests.mailbox import Mailbox, mailbox

__all__ = ["mailbox"]


def notices(shop: Shop) -> tuple[str, ...]:
    return overview.overview(shop.owner, shop.id).notices


def do(shop: Shop, *names: str) -> None:
    """The shop's own waiting jobs of these names, now."""
    for name in names:
        for row in shop.rows("select id from portal.jobs where name = %s and state = 'ready'", name):
            assert queue.run_claimed(row["id"]) == "done"


def check(shop: Shop) -> None:
    with db.worker(shop.id).begin() as scope:
        scope.enqueue("check_calendar", dedup_key="check")
    do(shop, "check_calendar")


def day(shop: Shop) -> date:
    return (clock.now() + timedelta(days=3)).date()


@pytest.fixture
def revoked(shop: Shop, sandbox: Sandbox) -> Shop:
    """Its key was used until a moment ago: free times are still shown with it."""
    assert cache.cache.wait_until_live()
    assert availability.slots_for_day(shop.id, shop.tenant.service_id, day(shop))
    sandbox.revoke(shop.tenant.cal_key)
    availability.drop_day(shop.id, day(shop))
    assert availability.slots_for_day(shop.id, shop.tenant.service_id, day(shop))
    return shop


class TestRefusedKey:
    def test_is_found_out_by_the_first_booking_and_ends_all_offers(self, revoked: Shop) -> None:
        shop = revoked
        proposal = booking.propose_create(db.customer(shop.id), request(shop.tenant, at(shop.tenant, 14)))
        with pytest.raises(NotConnected, match="contact us directly"):
            book(shop.tenant, at(shop.tenant, 10))
        for act in (
            lambda: availability.slots_for_day(shop.id, shop.tenant.service_id, day(shop)),
            lambda: availability.slots_for_day(shop.id, shop.tenant.service_id, day(shop) + timedelta(days=1)),
            lambda: booking.propose_create(db.customer(shop.id), request(shop.tenant, at(shop.tenant, 11))),
            lambda: booking.confirm(db.customer(shop.id, booking_id=proposal.booking_id), proposal.id),
        ):
            with pytest.raises(NotConnected):
                act()
        assert shop.rows("select 1 from portal.slot_claims") == []
        assert not launch.checklist(shop.owner, shop.id).steps[3].done

    def test_what_a_chat_offered_before_is_no_longer_proposed(self, revoked: Shop) -> None:
        shop, visitor = revoked, db.customer(revoked.id)
        with pytest.raises(NotConnected):
            book(shop.tenant, at(shop.tenant, 10))
        with pytest.raises(NotConnected):
            booking.propose_create(visitor, request(shop.tenant, at(shop.tenant, 11)))

    def test_the_owner_is_told_once_everywhere(self, revoked: Shop, mailbox: Mailbox) -> None:
        shop = revoked
        for number in range(2):
            with pytest.raises(NotConnected):
                book(shop.tenant, at(shop.tenant, 10 + number), f"key-{number}")
        check(shop)
        do(shop, "mail_owners")
        (mail,) = mailbox.mails
        assert "To: owner@shop.example" in mail
        assert "Subject: Online booking is paused: Shop" in mail
        assert f"/admin/tenants/{shop.id}/settings/integrations" in mail.replace("=\r\n", "")
        assert [entry["action"] for entry in shop.audit() if "calcom" in entry["action"]] == [
            "integration.calcom_key_refused"
        ]
        assert ["does not accept your API key" in words for words in notices(shop)] == [True]
        assert overview.overview(shop.staff, shop.id).notices == ()

    @pytest.mark.parametrize("mend", ["another key", "checked by the owner", "checked by the job"])
    def test_once_mended_all_goes_on(self, revoked: Shop, sandbox: Sandbox, mend: str) -> None:
        shop = revoked
        with pytest.raises(NotConnected):
            book(shop.tenant, at(shop.tenant, 10))
        if mend == "another key":
            connect(sandbox, shop.owner, shop.id)
        else:
            self.accept_again(shop, sandbox)
            check(shop) if mend == "checked by the job" else integrations.calcom_account(shop.owner, shop.id)
            assert shop.audit()[-1]["action"] == "integration.calcom_key_accepted"
            assert book(shop.tenant, at(shop.tenant, 10)).status is Status.CONFIRMED  # the same request again
        assert not any("API key" in words for words in notices(shop))
        assert launch.checklist(shop.owner, shop.id).steps[3].done

    def test_a_key_that_stays_refused_stays_so(self, revoked: Shop) -> None:
        with pytest.raises(NotConnected):
            book(revoked.tenant, at(revoked.tenant, 10))
        check(revoked)
        with pytest.raises(InvalidArgument, match="does not accept this key"):
            integrations.calcom_account(revoked.owner, revoked.id)
        assert notices(revoked)

    def test_a_replaced_key_says_nothing_of_the_new_one(self, revoked: Shop, sandbox: Sandbox) -> None:
        from portal.domain import integrations as accounts

        old = accounts.calcom(revoked.id)
        connect(sandbox, revoked.owner, revoked.id)
        with pytest.raises(Exception, match="refused"):
            old.me()
        assert accounts.calcom(revoked.id).me().name == "New"

    def accept_again(self, shop: Shop, sandbox: Sandbox) -> None:
        event_types = [
            {"id": row["cal_event_type_id"], "slug": f"event-{row['cal_event_type_id']}", "title": row["name"],
             "length_minutes": row["duration_minutes"]}
            for row in shop.rows("select * from portal.tenant_services where tenant_id = %s", shop.id)
        ]  # fmt: skip
        sandbox.post(
            "/_sandbox/calcom/accounts",
            {
                "api_key": shop.tenant.cal_key, "name": "shop", "email": "shop@example.com",
                "timezone": shop.tenant.timezone, "rate_limit_per_minute": 0, "event_types": event_types,
                "schedule": [{"days": list(range(7)), "start": "09:00", "end": "17:00"}],
            },
        )  # fmt: skip


class TestEventTypes:
    def mapping(self, shop: Shop, event_type_id: int) -> list[EventTypeMapping]:
        [cut, _] = services.list_services(shop.owner, shop.id).items
        return [EventTypeMapping(cut.id, event_type_id, cut.version)]

    def test_a_hidden_one_is_listed_and_booked(self, shop: Shop, sandbox: Sandbox) -> None:
        [cut, _] = services.list_services(shop.owner, shop.id).items
        sandbox.change_event_type(shop.tenant.cal_key, cut.cal_event_type_id or 0, hidden=True)
        listed = {each.id: each.hidden for each in integrations.calcom_account(shop.owner, shop.id).event_types}
        assert listed[cut.cal_event_type_id or 0] is True
        integrations.map_event_types(shop.owner, shop.id, self.mapping(shop, cut.cal_event_type_id or 0))
        assert book(shop.tenant, at(shop.tenant, 10)).status is Status.CONFIRMED

    def test_another_length_is_refused_in_words(self, shop: Shop, sandbox: Sandbox) -> None:
        [_, trim] = services.list_services(shop.owner, shop.id).items
        before = shop.rows("select id, cal_event_type_id from portal.tenant_services order by id")
        with pytest.raises(InvalidArgument, match=r"Haircut takes 30 minutes here and 20 minutes in Cal\.com"):
            integrations.map_event_types(shop.owner, shop.id, self.mapping(shop, trim.cal_event_type_id or 0))
        assert shop.rows("select id, cal_event_type_id from portal.tenant_services order by id") == before

    def test_a_change_there_is_told_and_gone_once_mended(self, shop: Shop, sandbox: Sandbox) -> None:
        [cut, _] = services.list_services(shop.owner, shop.id).items
        check(shop)
        assert notices(shop) == ()
        sandbox.change_event_type(shop.tenant.cal_key, cut.cal_event_type_id or 0, lengthInMinutes=60)
        check(shop)
        [words] = notices(shop)
        assert words.startswith("Haircut takes 30 minutes here and 1 hour in Cal.com.")
        sandbox.change_event_type(shop.tenant.cal_key, cut.cal_event_type_id or 0, lengthInMinutes=30)
        check(shop)
        assert notices(shop) == ()

    def test_a_change_here_is_told_at_once(self, shop: Shop) -> None:
        check(shop)
        shop.rows("update portal.tenant_services set duration_minutes = 45 where id = %s", shop.tenant.service_id)
        assert [words[:32] for words in notices(shop)] == ["Haircut takes 45 minutes here an"]

    def test_one_that_is_gone_is_told(self, shop: Shop, sandbox: Sandbox) -> None:
        connect(sandbox, shop.owner, shop.id)
        assert ["not in your Cal.com account" in words for words in notices(shop)] == [True, True]
