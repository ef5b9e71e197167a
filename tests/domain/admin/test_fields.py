"""What people type, as it is stored or refused."""

from typing import Any

import pytest

from portal.core.errors import InvalidArgument
from portal.domain.admin import fields


def refused(cleaner: fields.Cleaner, value: Any, field: str = "it") -> None:
    with pytest.raises(InvalidArgument) as caught:
        cleaner("it", value)
    assert caught.value.details["field"] == field


class TestText:
    def test_markup_stays_text(self) -> None:
        typed = "<script>alert('1')</script> & <b>bold</b> {{7*7}} ' or 1=1 --"
        assert fields.line(200)("it", typed) == typed
        assert fields.paragraphs(200)("it", typed) == typed

    def test_what_nobody_sees_is_left_out(self) -> None:
        assert fields.line(80)("it", "  Bob\x00's\u202e \ud800Barber\tshop\x1b ") == "Bob's Barber shop"
        assert fields.paragraphs(80)("it", " one \r\ntwo\x07\r\n\r\n") == "one\ntwo"

    def test_joined_emoji_and_accents_stay(self) -> None:
        assert fields.line(80)("it", "Cafe\u0301 👩‍🔧") == "Café 👩‍🔧"

    @pytest.mark.parametrize("value", ["x" * 11, 5, ["x"], True])
    def test_refused(self, value: Any) -> None:
        refused(fields.line(10), value)

    def test_empty(self) -> None:
        assert fields.line(10)("it", "  ") is None
        assert fields.line(10)("it", None) is None
        refused(fields.line(10, required=True), " \u202e ")

    def test_lines(self) -> None:
        assert fields.lines(3, 10)("it", [" a ", "", "b"]) == ["a", "b"]
        refused(fields.lines(1, 10), ["a", "b"])
        refused(fields.lines(1, 10), "a")


class TestWebAddress:
    @pytest.mark.parametrize(
        "url", ["https://bobs.example", "http://bobs.example:8080/a?b=c#d", "https://xn--caf-dma.fr/"]
    )
    def test_kept(self, url: str) -> None:
        assert fields.web_address("it", f" {url} ") == url

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//bobs.example", "bobs.example", "https://",
            "https://user:pw@bobs.example", 'https://bobs.example/"onload=x', "https://bobs.example/<x>", "ftp://x.example",
            "https://bobs.example:99999/", "https://[::1", "https:///path", "https://a b.example",
        ],
    )  # fmt: skip
    def test_refused(self, url: str) -> None:
        refused(fields.web_address, url)


class TestSmallValues:
    def test_kept(self) -> None:
        assert fields.color("it", " #A1B2C3 ") == "#a1b2c3"
        assert fields.timezone("it", "Europe/Paris") == "Europe/Paris"
        assert fields.currency("it", "eur") == "EUR"
        assert fields.country("it", "de") == "DE"
        assert fields.phone("US")("it", "(212) 555-0142") == "+12125550142"
        assert fields.phone("US")("it", "+49 30 901820") == "+4930901820"
        assert fields.email("it", "Bob@Shop.Example.com") == "bob@shop.example.com"
        assert fields.slug("it", "Bobs-Barbershop") == "bobs-barbershop"
        assert fields.model("it", "claude-haiku-4-5") == "claude-haiku-4-5"

    @pytest.mark.parametrize(
        ("cleaner", "value"),
        [
            (fields.color, "red"), (fields.color, "#12345"), (fields.color, "#12345g"), (fields.color, "#123456;x"),
            (fields.timezone, "Mars/Base"), (fields.timezone, "../etc/passwd"), (fields.timezone, ""),
            (fields.currency, "XXX"), (fields.currency, "US"), (fields.country, "ZZ"),
            (fields.phone("US"), "12"), (fields.phone("US"), "call me"), (fields.email, "bob"),
            (fields.slug, "www"), (fields.slug, "admin"), (fields.slug, "api"), (fields.slug, "ab"),
            (fields.slug, "-shop"), (fields.slug, "shop-"), (fields.slug, "a" * 41), (fields.slug, "xn--caf"),
            (fields.slug, "bob's"), (fields.slug, "bob.shop"), (fields.model, "claude haiku"), (fields.model, "x" * 81),
            (fields.whole(1, 5), 6), (fields.whole(1, 5), True), (fields.whole(1, 5), "3"), (fields.whole(1, 5), None),
            (fields.flag, 1), (fields.one_of("a", "b"), "c"),
        ],
    )  # fmt: skip
    def test_refused(self, cleaner: fields.Cleaner, value: Any) -> None:
        refused(cleaner, value)

    def test_unknown_field(self) -> None:
        with pytest.raises(InvalidArgument) as caught:
            fields.clean({"name": fields.line(10)}, {"tenant_id": "x"})
        assert caught.value.details["field"] == "tenant_id"


class TestHours:
    def test_sorted_and_without_closed_days(self) -> None:
        typed = {"tue": [["13:00", "18:00"], ["09:00", "12:00"]], "sun": [], "mon": [["00:00", "24:00"]]}
        assert fields.hours("it", typed) == {
            "mon": [["00:00", "24:00"]],
            "tue": [["09:00", "12:00"], ["13:00", "18:00"]],
        }

    def test_touching_and_past_midnight(self) -> None:
        typed = {"fri": [["20:00", "02:00"]], "sat": [["02:00", "10:00"], ["10:00", "12:00"]]}
        assert fields.hours("it", typed)["fri"] == [["20:00", "02:00"]]

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"mon": [["09:00", "12:00"], ["11:59", "13:00"]]}, "it.mon"),
            ({"fri": [["20:00", "02:00"]], "sat": [["01:00", "10:00"]]}, "it.fri"),
            ({"sun": [["22:00", "03:00"]], "mon": [["02:00", "10:00"]]}, "it.sun"),
            ({"mon": [["00:00", "24:00"], ["10:00", "11:00"]]}, "it.mon"),
            ({"mon": [["9:00", "12:00"]]}, "it.mon"),
            ({"mon": [["09:00", "25:00"]]}, "it.mon"),
            ({"mon": [["09:00", "09:00"]]}, "it.mon"),
            ({"mon": [["24:00", "02:00"]]}, "it.mon"),
            ({"mon": [["09:00"]]}, "it.mon"),
            ({"mon": [[9, 12]]}, "it.mon"),
            ({"mon": "09:00"}, "it.mon"),
            ({"mon": [["09:00", "09:30"]] * 7}, "it.mon"),
            ({"monday": []}, "it"),
            ([], "it"),
        ],
    )
    def test_refused(self, typed: Any, field: str) -> None:
        refused(fields.hours, typed, field)
