"""What a site's pages say, from the tenant's own data."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from portal.domain.tenants import AssistantSettings, Branding, Faq, Policies, Profile, Service, Site
from portal.web.contacts import clean, readable_phone, web_url
from portal.web.site_lists import LISTS
from portal.web.site_values import platform_values, site_values

SUNDAY_NOON = datetime(2026, 11, 22, 17, tzinfo=UTC)  # 12:00 in New York
HOURS = {"sun": [["09:00", "18:00"]], "mon": [["09:00", "12:00"], ["13:00", "18:00"]]}


def make_site(**profile: Any) -> Site:
    details = {
        "business_name": "Bob's Barbershop", "tagline": "Classic cuts.", "timezone": "America/New_York",
        "phone": "+12125550142", "email": "hello@bobs.example", "website_url": "https://bobs.example/about",
        "address_line1": "12 Main Street", "address_line2": None, "city": "New York", "region": "NY",
        "postal_code": "10001", "country": "US", "business_hours": HOURS,
    } | profile  # fmt: skip
    cut = Service(uuid4(), "Haircut", "With scissors", None, 30, 3500, "USD", 1, uuid4(), 1)
    return Site(
        tenant_id=uuid4(), slug="bobs", status="active", vertical="salon", host="bobs.localhost",
        profile=Profile(**details), branding=Branding(None, "#7c2d12", "#d97706"),
        services=(cut, replace(cut, id=uuid4(), name="Consultation", price_cents=None)),
        faqs=(Faq(uuid4(), "Parking?", "Behind the house."),),
        policies=Policies("Two hours before.", None, "", "Cash.", None, None, 120),
        assistant=AssistantSettings("friendly", None, "", (), None, 1000),
    )  # fmt: skip


def structured(head: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', head)
    assert found
    return dict(json.loads(found[1]))


class TestSiteValues:
    def test_lists_have_the_fields_the_build_knows(self) -> None:
        lists = site_values(make_site(), now=SUNDAY_NOON, sandbox=True).lists
        assert lists.keys() == LISTS.keys()
        for name, rows in lists.items():
            assert all(set(row) == set(LISTS[name]) for row in rows), name

    def test_service(self) -> None:
        first, second = site_values(make_site(), now=SUNDAY_NOON, sandbox=False).lists["services"]
        assert (first["duration"], first["price"]) == ("30 minutes", "$35")
        assert second["price"] == ""

    def test_today_is_the_tenants_day(self) -> None:
        late = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)  # still Sunday in New York
        rows = site_values(make_site(), now=late, sandbox=False).lists["hours"]
        assert [row["day"] for row in rows if row["current"] == "date"] == ["Sunday"]

    @pytest.mark.parametrize(("hour", "state"), [(17, "open"), (3, "closed")])
    def test_open_now(self, hour: int, state: str) -> None:
        now = datetime(2026, 11, 22, hour, tzinfo=UTC)
        assert site_values(make_site(), now=now, sandbox=False).scalars["open_state"] == state

    def test_without_details_nothing_is_claimed(self) -> None:
        bare = make_site(phone=None, email=None, website_url=None, address_line1=None, city=None, region=None,
                         postal_code=None, business_hours={}, tagline=None)  # fmt: skip
        values = site_values(bare, now=SUNDAY_NOON, sandbox=False)
        assert values.scalars["open_label"] == ""
        assert values.scalars["contact_title"] == "Contact"
        assert not any(values.lists[name] for name in ("hours", "phones", "emails", "websites", "map", "sandbox"))

    def test_own_texts_replace_the_template(self) -> None:
        site = make_site()
        own = replace(site, policies=replace(site.policies, privacy_text="One.\r\n\r\nTwo."))
        lists = site_values(own, now=SUNDAY_NOON, sandbox=False).lists
        assert lists["privacy"] == ({"heading": "", "text": "One."}, {"heading": "", "text": "Two."})
        assert lists["terms"][0]["heading"]

    def test_structured_data(self) -> None:
        data = structured(site_values(make_site(), now=SUNDAY_NOON, sandbox=False).head)
        assert "LocalBusiness" in data["@type"]
        assert data["openingHours"] == ["Mo 09:00-12:00", "Mo 13:00-18:00", "Su 09:00-18:00"]
        assert data["address"]["streetAddress"] == "12 Main Street"
        assert data["makesOffer"][0]["price"] == "35.00"

    def test_head_cannot_be_broken_out_of(self) -> None:
        evil = make_site(business_name='"/></script><script>alert(1)</script><b title="')
        head = site_values(evil, now=SUNDAY_NOON, sandbox=False).head
        assert "<script>alert" not in head
        assert structured(head)["name"] == evil.profile.business_name

    def test_platform_has_the_same_names(self) -> None:
        assert platform_values(sandbox=False).lists.keys() == LISTS.keys()


class TestWebUrl:
    @pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x.example", "/path", "x", "", None])
    def test_refused(self, url: str | None) -> None:
        assert web_url(url) == ""

    def test_kept(self) -> None:
        assert web_url(" https://bobs.example/a?b=c ") == "https://bobs.example/a?b=c"

    def test_malformed(self) -> None:
        assert web_url("https://[bobs") == ""


class TestClean:
    def test_controls_and_newlines(self) -> None:
        assert clean("a\x00b\r\nc\rd\u202ee\x1b") == "ab\nc\nde"

    def test_joined_signs_stay_joined(self) -> None:
        assert clean("👩\u200d🔧") == "👩\u200d🔧"


class TestReadablePhone:
    @pytest.mark.parametrize(
        ("stored", "shown"),
        [("+12125550142", "(212) 555-0142"), ("+493012345678", "+49 30 12345678"), ("ask us", "ask us"), ("", "")],
    )
    def test_shown(self, stored: str, shown: str) -> None:
        assert readable_phone(stored) == shown
