"""Contact details must stand in the customer's own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.assistant.guardrails.spoken import says_email, says_name, says_phone, unsaid

EMAIL = "ana.diaz@example.com"


class TestEmail:
    @pytest.mark.parametrize(
        "said",
        [
            "ana.diaz@example.com",
            "Ana Diaz, Ana.Diaz@Example.COM.",
            "<ana.diaz@example.com>; thanks",
            "ana.diaz@example.com. It is my own",
            "mailto:ana.diaz@example.com",
            "it is ana.diaz at example.com",
            "ana dot diaz at example dot com",
            "ana (dot) diaz (at) example (dot) com",
            "ana . diaz @ example . com",
            "ana.diaz @example.com",
            "my mail: ana. diaz @ exam ple.com",
            "a-n-a dot d-i-a-z at example dot com",
            "ana punto diaz arroba example punto com",
            "ana.diaz＠example.com",
            "no sorry, ana.dias@example.com\nI mean ana.diaz@example.com",
        ],
    )
    def test_said(self, said: str) -> None:
        assert says_email([said], EMAIL)

    @pytest.mark.parametrize(
        "said",
        [
            "", "Ana Diaz", "ana.diaz@example.org", "ana.dias@example.com", "mana.diaz@example.com", "ana.diaz",
            "ana.diaz@example.com.mx", "ana.diaz@example.community", "my.ana.diaz@example.com", "diaz@example.com",
            "ana dot diaz at example dot com dot mx", "ana.diaz@example.comx", "x+ana.diaz@example.com",
        ],
    )  # fmt: skip
    def test_not_said(self, said: str) -> None:
        assert not says_email([said], EMAIL)

    def test_is_not_put_together_from_two_messages(self) -> None:
        assert not says_email(["ana.diaz@", "example.com"], EMAIL)

    @given(st.emails(), st.sampled_from(["{}", "my e-mail is {}, thanks", "({})", "it's {}."]))
    def test_any_address_is_found_as_written(self, email: str, sentence: str) -> None:
        assert says_email([sentence.format(email)], email.lower())

    @given(st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8})?@[a-z]{2,8}\.(com|co\.uk)", fullmatch=True), st.data())
    def test_no_other_address_is(self, email: str, data: st.DataObject) -> None:
        position = data.draw(st.integers(0, len(email) - 1).filter(lambda index: email[index].isalpha()))
        other = email[:position] + ("b" if email[position] == "a" else "a") + email[position + 1 :]
        assert not says_email([f"Ana Diaz, {email}"], other)


class TestPhone:
    @pytest.mark.parametrize(
        "said",
        ["(212) 555-0142", "212.555.0142", "call 2125550142", "+1 212 555 0142", "1-212-555-0142", "2125550142 10am",
         "my number 212 555 0142, on 12/14", "２１２５５５０１４２"],
    )  # fmt: skip
    def test_said(self, said: str) -> None:
        assert says_phone([said], "+12125550142", "US")

    @pytest.mark.parametrize("said", ["", "212 555 0143", "555-0142", "+44 212 555 0142", "212555014", "21255501425"])
    def test_not_said(self, said: str) -> None:
        assert not says_phone([said], "+12125550142", "US")

    def test_national_form_of_another_country(self) -> None:
        assert says_phone(["UK number 07911 123456"], "+447911123456", "US")
        assert says_phone(["020 7946 0958"], "+442079460958", "GB")
        assert not says_phone(["UK number 07911 123457"], "+447911123456", "US")


class TestName:
    @pytest.mark.parametrize(
        ("said", "name"),
        [
            ("this is ana", "Ana"),
            ("ANA DIAZ", "Ana Diaz"),
            ("Díaz, Ana", "Ana Diaz"),
            ("ana diaz", "Ana Díaz"),
            ("Ana Diaz, ana@example.com", "A. Diaz"),
            ("D-i-a-z is my last name, first name Ana", "Ana Diaz"),
            ("mary jane watson", "Mary-Jane Watson"),
            ("Mary-Jane", "Maryjane"),
            ("maryjane o'brien", "Maryjane OBrien"),
            ("obrien", "O'Brien"),
            ("O’Brien", "O'Brien"),
            ("Müller", "Mueller"),
            ("mueller", "Müller"),
            ("Søren Łukasz", "Soren Lukasz"),
            ("I'm Jose\u0301", "José"),
            ("我叫王小明", "王小明"),
            ("मेरा नाम प्रिया है", "प्रिया"),
            ("ana.diaz@example.com", "Ana Diaz"),
        ],
    )
    def test_said(self, said: str, name: str) -> None:
        assert says_name([said], name)

    @pytest.mark.parametrize(
        ("said", "name"),
        [
            ("this is ana", "Ana Diaz"),
            ("A. Diaz", "Ana Diaz"),
            ("I'd like a haircut", "Customer"),
            ("", "Ana"),
            ("banana", "Ana"),
            ("我叫王小明", "李小明"),
        ],
    )
    def test_not_said(self, said: str, name: str) -> None:
        assert not says_name([said], name)


def test_names_what_is_missing() -> None:
    said = ["Haircut please", "Ana Diaz, ana@example.com"]
    assert unsaid(said, name="Ana Diaz", email="ana@example.com", phone=None, country="US") == []
    assert unsaid(said, name="Eve", email="eve@example.com", phone="+12125550142", country="US") == [
        "name", "email", "phone",
    ]  # fmt: skip
