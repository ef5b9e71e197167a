"""Phone numbers as people type them."""

import pytest

from portal.core.errors import InvalidArgument
from portal.domain import phones
from portal.domain.admin import fields
from portal.domain.booking import contact

TYPED = [
    ("(212) 555-0142", "US", "+12125550142"),
    ("020 7946 0958", "GB", "+442079460958"),
    ("+44 20 7946 0958", "US", "+442079460958"),
    ("06 1234 5678", "IT", "+390612345678"),
]
WRONG = [
    ("555-0142", "US", phones.NO_AREA),
    ("7946 0958", "GB", phones.NO_AREA),
    ("+1 555 0142", "US", phones.NO_AREA),
    ("0000000000", "US", phones.WRONG),
    ("0000000000", "GB", phones.WRONG),
    ("1111111111", "US", phones.WRONG),
    ("911", "US", phones.WRONG),
    ("call me", "US", phones.WRONG),
]


class TestNumbers:
    """Customers' and the profile's cleaners alike."""

    @pytest.mark.parametrize(("typed", "country", "stored"), TYPED)
    def test_reads(self, typed: str, country: str, stored: str) -> None:
        assert contact.clean_phone(typed, country=country) == stored
        assert fields.phone(country)("phone", typed) == stored

    @pytest.mark.parametrize(("typed", "country", "sentence"), WRONG)
    def test_refuses(self, typed: str, country: str, sentence: str) -> None:
        for clean in (
            lambda: contact.clean_phone(typed, country=country),
            lambda: fields.phone(country)("phone", typed),
        ):
            with pytest.raises(InvalidArgument) as refused:
                clean()
            assert (refused.value.message, refused.value.details) == (sentence, {"field": "phone"})
