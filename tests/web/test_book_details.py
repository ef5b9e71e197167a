"""The customer's details as a browser, or anything else, sends them."""

from typing import Any

import pytest

from portal.web.customer_details import LIMITS, NO_ERRORS, Details, field_text, from_form

GOOD = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "(212) 555-0187", "notes": "", "consent_sms": "on"}


class TestFromForm:
    def test_reads_what_the_page_sends(self) -> None:
        details = from_form(GOOD | {"name": "  Ada Lovelace "})
        assert details == Details("Ada Lovelace", "ada@example.com", "(212) 555-0187", "", consent_sms=True)

    @pytest.mark.parametrize("value", [None, 7, ["x"], {"x": 1}, True])
    def test_anything_else_counts_as_empty(self, value: Any) -> None:
        assert from_form(dict.fromkeys(LIMITS, value)) == Details()

    def test_consent_is_only_what_was_ticked(self) -> None:
        for value in (None, "", "off", "no", 0):
            assert not from_form(GOOD | {"consent_sms": value}).consent_sms

    def test_cuts_what_is_far_too_long(self) -> None:
        assert len(field_text("name", "x" * 1_000_000)) == LIMITS["name"] + 1


class TestErrors:
    def test_none(self) -> None:
        assert from_form(GOOD).errors("US") == NO_ERRORS

    @pytest.mark.parametrize(
        ("change", "wrong"),
        [
            ({"name": ""}, "name"),
            ({"name": "\u200b"}, "name"),
            ({"name": "x" * 200}, "name"),
            ({"email": ""}, "email"),
            ({"email": "ada@example"}, "email"),
            ({"phone": "12"}, "phone"),
            ({"notes": "x" * 1001}, "notes"),
            ({"phone": ""}, "consent_sms"),
        ],
    )
    def test_one_sentence_at_its_field(self, change: dict[str, str], wrong: str) -> None:
        errors = from_form(GOOD | change).errors("US")
        assert [field for field, error in errors.items() if error] == [wrong]

    def test_national_numbers_are_of_the_business_country(self) -> None:
        details = Details("Ada", "ada@example.com", "020 7946 0018")
        assert not details.errors("GB")["phone"]
