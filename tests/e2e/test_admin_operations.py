"""The dashboard's view of its machinery in a browser: text messages, webhooks, the queue and what failed."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from playwright.sync_api import Page, expect
from psycopg.types.json import Jsonb

from portal.core import clock
from portal.core.ids import new_id
from tests.e2e.conftest import DEVICES, LiveSite, OpenTab, screenshot
from tests.e2e.dashboard import SLUG, base, open_as, operator, owner
from tests.e2e.journeys import address, book_directly, fits, serious, tenant_id
from tests.factories import TWILIO


def rows(site: LiveSite, statement: str, *values: Any) -> list[Any]:
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        done = connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []


def give_up(site: LiveSite, tenant_id: UUID | None, name: str, error: str) -> UUID:
    """A job that was tried ten times in vain."""
    job, arguments = new_id(), Jsonb({"notification_id": str(new_id())})
    rows(
        site,
        "insert into portal.jobs (id, tenant_id, name, args, state, attempts) values (%s, %s, %s, %s, 'dead', 10)",
        job, tenant_id, name, arguments,
    )  # fmt: skip
    [[failure]] = rows(
        site,
        "insert into portal.job_failures (tenant_id, job_id, name, payload, attempts, last_error)"
        " values (%s, %s, %s, %s, 10, %s) returning id",
        tenant_id, job, name, arguments, error,
    )  # fmt: skip
    return UUID(str(failure))


def looked_at(page: Page, name: str) -> None:
    """A picture, and nothing that axe or a narrow screen minds."""
    expect(page.get_by_text("Loading…")).to_have_count(0)
    screenshot(page, name)
    assert serious(page) == []
    assert fits(page)


class TestJobs:
    def test_tried_again_and_put_away(self, tab: OpenTab, site: LiveSite) -> None:
        shop = site.tenants.make(f"jobs-{new_id().hex[-8:]}")
        give_up(site, shop.id, "send_sms", "messaging_unavailable: The message service cannot be reached right now.")
        give_up(site, shop.id, "settle_proposal", "calendar_unavailable: The calendar cannot be reached right now.")
        page = tab()
        open_as(page, site, owner(site, shop.id), f"{base(shop.id)}/jobs")
        failures = page.get_by_role("list", name="Failures").get_by_role("listitem")
        expect(failures).to_have_count(2)
        message = failures.filter(has_text="Text message")
        message.get_by_role("button", name="Try again").click()
        expect(page.get_by_text("It is tried again now.")).to_be_visible()
        expect(failures).to_have_count(1)
        failures.get_by_role("button", name="Put away").click()
        page.locator("dialog").get_by_role("button", name="Put away").click()
        expect(page.get_by_text("Nothing failed")).to_be_visible()
        page.get_by_label("Also those that were dealt with").click()
        expect(failures).to_have_count(2)
        expect(failures.first).to_contain_text("Put away")
        states = rows(site, "select name, state from portal.jobs where tenant_id = %s order by name", shop.id)
        assert states == [("send_sms", "ready"), ("settle_proposal", "dead")]

    def test_not_for_staff(self, tab: OpenTab, site: LiveSite) -> None:
        shop, page = tenant_id(SLUG), tab()
        open_as(page, site, owner(site, shop, "tenant_staff"), f"{base(shop)}/jobs")
        expect(page.get_by_text("You may not do that.").first).to_be_visible()
        expect(page.get_by_role("link", name="Operations")).to_have_count(0)
        page.goto(site.url(SLUG, "/admin/jobs"), wait_until="networkidle")
        expect(page.get_by_text("You may not do that.").first).to_be_visible()

    @pytest.mark.parametrize("device", DEVICES)
    def test_looks(self, tab: OpenTab, site: LiveSite, device: str) -> None:
        shop, page = tenant_id(SLUG), tab(**DEVICES[device])
        give_up(site, shop, "send_sms", "messaging_unavailable: The message service cannot be reached right now.")
        rows(
            site,
            "insert into portal.jobs (id, tenant_id, name) values (%s, %s, 'process_calcom_webhook')",
            new_id(),
            shop,
        )
        open_as(page, site, operator(site), f"{base(shop)}/jobs")
        expect(page.get_by_role("table", name="The queue")).to_contain_text("Cal.com event")
        looked_at(page, f"admin-jobs-{device}")
        page.goto(site.url(SLUG, "/admin/jobs"), wait_until="networkidle")
        expect(page.get_by_role("list", name="Failures")).to_contain_text(SLUG)
        looked_at(page, f"admin-platform-jobs-{device}")


PHONE = "+14155550123"


def text(site: LiveSite, booking: Any, kind: str, state: str, **more: Any) -> None:
    """A message about a booking, as the worker would have left it."""
    now = clock.now()
    values = {
        "tenant_id": tenant_id(SLUG), "booking_id": booking.id, "kind": kind, "start_time": booking.start,
        "to_phone": PHONE, "due_at": now, "state": state, **more,
    }  # fmt: skip
    columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    rows(site, f"insert into portal.notifications ({columns}) values ({marks})", *values.values())


def some_texts(site: LiveSite) -> Any:
    """A booking with a message in each kind of state."""
    booking = book_directly(SLUG, address(), days_ahead=4)
    rows(site, "delete from portal.notifications where booking_id = %s", booking.id)
    sent = {"sent_at": clock.now(), "segments": 1, "price_micros": 7_900, "price_currency": "USD"}
    words = "Bob’s Barbershop: your Haircut on Tue, Nov 24 at 4:30 PM is confirmed. Reply STOP to opt out."
    text(site, booking, "confirmation", "delivered", body=words, **sent)
    text(site, booking, "reschedule", "undelivered", body=words, error_code=30003, **sent)
    text(site, booking, "reminder_2h", "dropped", reason="quiet_hours")
    text(site, booking, "reminder_24h", "planned", due_at=clock.now() + timedelta(days=3))
    return booking


class TestMessages:
    def test_what_became_of_them(self, tab: OpenTab, site: LiveSite) -> None:
        booking, page = some_texts(site), tab()
        shop = tenant_id(SLUG)
        open_as(page, site, owner(site, shop, "tenant_staff"), f"{base(shop)}/messages")
        listed = page.get_by_role("list", name="Messages").get_by_role("listitem")
        page.get_by_label("State").select_option("trouble")
        expect(listed.first).to_contain_text("The phone is switched off or out of reach. (Error 30003)")
        expect(listed.first).to_contain_text("1 part · $0.0079")
        page.get_by_label("State").select_option("unsent")
        expect(listed.first).to_contain_text("It would have come at night.")
        page.get_by_label("Kind").select_option("confirmation")
        expect(page.get_by_text("No message matches these filters.")).to_be_visible()
        page.goto(site.url(SLUG, f"{base(shop)}/bookings/{booking.id}"), wait_until="networkidle")
        expect(listed).to_have_count(4)
        screenshot(page, "admin-booking-messages")

    def test_somebody_who_opted_out(self, tab: OpenTab, site: LiveSite) -> None:
        shop = site.tenants.make(f"texts-{new_id().hex[-8:]}")
        rows(
            site,
            "insert into portal.sms_suppressions (tenant_id, phone, reason) values (%s, %s, 'stop')",
            shop.id, PHONE,
        )  # fmt: skip
        staff, page = tab(), tab()
        open_as(staff, site, owner(site, shop.id, "tenant_staff"), f"{base(shop.id)}/messages/opted-out")
        expect(staff.get_by_role("table")).to_contain_text("(415) 555-0123")
        expect(staff.get_by_role("button", name=re.compile("Text again"))).to_have_count(0)
        open_as(page, site, owner(site, shop.id), f"{base(shop.id)}/messages/opted-out")
        page.get_by_role("button", name=re.compile("Text again")).click()
        page.get_by_role("button", name="They asked me to").click()
        expect(page.get_by_text("Nobody opted out")).to_be_visible()

    def test_an_answer_to_be_read(self, tab: OpenTab, site: LiveSite) -> None:
        shop, page = site.tenants.make(f"texts-{new_id().hex[-8:]}"), tab()
        for last, said in enumerate(("Stop, I must move it to 5", "should I reply STOP?")):
            rows(
                site,
                "insert into portal.sms_suppressions (tenant_id, phone, reason, said) values (%s, %s, 'unsure', %s)",
                shop.id, f"+1415555012{last}", said,
            )  # fmt: skip
        open_as(page, site, owner(site, shop.id), f"{base(shop.id)}/messages/opted-out")
        question = page.get_by_role("heading", name="Do these customers want no more messages?")
        expect(question).to_be_visible()
        looked_at(page, "admin-messages-unread")
        page.get_by_role("button", name=re.compile(r"Go on texting.*0120")).click()
        expect(page.get_by_text("Stop, I must move it to 5")).to_have_count(0)
        page.get_by_role("button", name=re.compile(r"Stop texting.*0121")).click()
        expect(question).to_have_count(0)
        expect(page.get_by_role("table")).to_contain_text("You read it so")

    def test_words_are_tried_while_they_are_typed(self, tab: OpenTab, site: LiveSite) -> None:
        shop = site.tenants.make(f"words-{new_id().hex[-8:]}")
        page = tab()
        open_as(page, site, owner(site, shop.id), f"{base(shop.id)}/messages/settings")
        preview = page.get_by_role("group", name="Preview: Confirmation")
        expect(preview).to_contain_text("1 part")
        page.get_by_label("Confirmation", exact=True).fill("Hi {name}, {service} on {date} at {time}. " + "😀" * 40)
        expect(preview).to_contain_text("2 parts")
        expect(preview).to_contain_text("Hi Maria, Haircut on ")
        expect(preview).to_contain_text("Hi Mary-Jane, Haircut on ")
        expect(preview).to_contain_text("Hi, Haircut on ")
        page.get_by_label("Confirmation", exact=True).fill("See you, {nickname}")
        expect(preview).to_contain_text("There is no placeholder {nickname}.")
        page.get_by_role("button", name="Save", exact=True).click()
        field = page.get_by_label("Confirmation", exact=True)
        expect(field).to_have_attribute("aria-invalid", "true")
        field.fill("Reply CANCEL to cancel")
        expect(preview).to_contain_text("Please do not ask customers to answer words such as CANCEL")
        field.fill("{business}: see you on {date} at {time}.")
        page.get_by_label("Hours before the appointment").fill("48")
        page.get_by_label("No reminders at night").click()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved. Coming reminders follow it.")).to_be_visible()
        page.reload(wait_until="networkidle")
        expect(field).to_have_value("{business}: see you on {date} at {time}.")
        expect(page.get_by_label("Hours before the appointment")).to_have_value("48")
        expect(page.get_by_label("No reminders at night")).not_to_be_checked()
        [[hours, quiet, words]] = rows(
            site,
            "select reminder_hours, quiet_hours_enabled, templates from portal.tenant_sms_settings"
            " where tenant_id = %s",
            shop.id,
        )
        assert (hours, quiet, list(words)) == ([48], False, ["confirmation"])

    def test_two_people_at_once(self, tab: OpenTab, site: LiveSite) -> None:
        shop = site.tenants.make(f"both-{new_id().hex[-8:]}")
        page, other = tab(), tab()
        for each in (page, other):
            open_as(each, site, owner(site, shop.id), f"{base(shop.id)}/messages/settings")
        other.get_by_label("Hours before the appointment").fill("12")
        other.get_by_role("button", name="Save", exact=True).click()
        expect(other.get_by_text("Saved. Coming reminders follow it.")).to_be_visible()
        page.get_by_label("Hours before the appointment").fill("36")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("heading", name="Somebody else has changed this meanwhile")).to_be_visible()
        page.get_by_role("button", name="Save mine").click()
        expect(page.get_by_text("Saved. Coming reminders follow it.")).to_be_visible()
        found = rows(site, "select reminder_hours from portal.tenant_sms_settings where tenant_id = %s", shop.id)
        assert found == [([36],)]

    @pytest.mark.parametrize("device", DEVICES)
    def test_looks(self, tab: OpenTab, site: LiveSite, device: str) -> None:
        shop, page = tenant_id(SLUG), tab(**DEVICES[device])
        some_texts(site)
        rows(
            site,
            "insert into portal.sms_suppressions (tenant_id, phone, reason) values (%s, %s, 'stop')"
            " on conflict do nothing",
            shop, PHONE,
        )  # fmt: skip
        open_as(page, site, owner(site, shop), f"{base(shop)}/messages")
        looked_at(page, f"admin-messages-{device}")
        for part in ("opted-out", "settings"):
            page.goto(site.url(SLUG, f"{base(shop)}/messages/{part}"), wait_until="networkidle")
            expect(page.locator("#page-title")).to_be_visible()
            looked_at(page, f"admin-messages-{part}-{device}")


def event(site: LiveSite, shop: UUID | None, kind: str, status: str, **more: Any) -> None:
    """A webhook, as the receiver and the worker would have left it."""
    payload = {"triggerEvent": kind, "payload": {"uid": new_id().hex, "title": "Haircut with <b>Bob</b>"}}
    values = {
        "tenant_id": shop, "provider": "calcom", "event_type": kind, "body_hash": new_id().hex,
        "raw_payload": Jsonb(payload), "processing_status": status, **more,
    }  # fmt: skip
    columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    rows(site, f"insert into portal.booking_events ({columns}) values ({marks})", *values.values())


def some_events(site: LiveSite, shop: UUID) -> None:
    event(site, shop, "BOOKING_CREATED", "processed", result="unchanged", processed_at=clock.now())
    event(site, shop, "BOOKING_CANCELLED", "failed", error="calendar_unavailable", processed_at=clock.now())
    event(site, shop, "PING", "pending")


class TestTwilio:
    def test_tried_before_it_is_kept(self, tab: OpenTab, site: LiveSite) -> None:
        shop = site.tenants.make(f"twilio-{new_id().hex[-8:]}")
        site.sandbox.twilio()
        page = tab()
        open_as(page, site, owner(site, shop.id), f"{base(shop.id)}/settings/integrations")
        page.get_by_label("Account SID").fill(TWILIO["account_sid"])
        page.get_by_label("Auth token").fill("0" * 32)
        connect = page.locator("form").filter(has_text="Auth token").get_by_role("button", name="Connect")
        connect.click()
        expect(page.get_by_text("Twilio does not accept this account SID with this token.")).to_be_visible()
        page.get_by_label("Auth token").fill(TWILIO["auth_token"])
        connect.click()
        expect(page.get_by_text("Twilio is connected.")).to_be_visible()
        assert TWILIO["auth_token"] not in page.content()
        found = rows(
            site, "select twilio_messaging_service_sid from portal.tenant_integrations where tenant_id = %s", shop.id
        )
        assert found == [(TWILIO["messaging_service_sid"],)]


class TestEvents:
    def test_looked_at_and_processed_again(self, tab: OpenTab, site: LiveSite) -> None:
        shop = site.tenants.make(f"events-{new_id().hex[-8:]}")
        some_events(site, shop.id)
        page = tab()
        open_as(page, site, owner(site, shop.id), f"{base(shop.id)}/events")
        listed = page.get_by_role("list", name="Events").get_by_role("listitem")
        expect(listed).to_have_count(3)
        page.get_by_label("State").select_option("failed")
        expect(listed).to_have_count(1)
        expect(listed).to_contain_text("Calendar unavailable")
        listed.get_by_role("button", name=re.compile("^Details")).click()
        expect(page.get_by_role("region", name="What was received")).to_contain_text(
            '"title": "Haircut with <b>Bob</b>"'
        )
        screenshot(page, "admin-event-details")
        assert serious(page) == []
        page.get_by_role("button", name="Process again").click()
        expect(page.get_by_text("It is processed again now.")).to_be_visible()
        expect(page.get_by_text("No event matches these filters.")).to_be_visible()
        [[name, state]] = rows(site, "select name, state from portal.jobs where tenant_id = %s", shop.id)
        assert (name, state) == ("process_calcom_webhook", "ready")

    @pytest.mark.parametrize("device", DEVICES)
    def test_looks(self, tab: OpenTab, site: LiveSite, device: str) -> None:
        shop, page = tenant_id(SLUG), tab(**DEVICES[device])
        some_events(site, shop)
        open_as(page, site, owner(site, shop), f"{base(shop)}/events")
        looked_at(page, f"admin-events-{device}")


class TestEventsOfNobody:
    @pytest.mark.parametrize("device", DEVICES)
    def test_looked_at_and_processed_again(self, tab: OpenTab, site: LiveSite, device: str) -> None:
        """What names no business is for those who run the platform."""
        page, kind = tab(**DEVICES[device]), f"status{device}"
        event(site, None, kind, "processed", provider="twilio", result="unknown_message", processed_at=clock.now())
        event(site, None, "customer.created", "pending", provider="stripe")
        open_as(page, site, operator(site), "/admin/events")
        listed = page.get_by_role("list", name="Events").get_by_role("listitem")
        line = listed.filter(has_text=kind.capitalize())
        expect(line).to_contain_text("Unknown message")
        looked_at(page, f"admin-platform-events-{device}")
        line.get_by_role("button", name=re.compile("^Details")).click()
        page.get_by_role("button", name="Process again").click()
        expect(page.get_by_text("It is processed again now.")).to_be_visible()
        expect(line).to_contain_text("Waiting")
        waiting = "select 1 from portal.jobs where tenant_id is null and name = 'process_twilio_webhook'"
        assert rows(site, waiting)

    def test_not_for_a_business(self, tab: OpenTab, site: LiveSite) -> None:
        page = tab()
        open_as(page, site, owner(site, tenant_id(SLUG)), "/admin/events")
        expect(page.get_by_text("You may not do that.").first).to_be_visible()
