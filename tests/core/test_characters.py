"""What people write, in one spelling and without what nobody sees."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.characters import JOINERS, visible


class TestVisible:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("Jose\u0301", "José"),
            ("علی\u200cرضا", "علی\u200cرضا"),
            ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
            ("👩🏽\u200d🔧", "👩🏽\u200d🔧"),
            ("क्\u200dष", "क्\u200dष"),
            ("\u200dAna\u200c \u200dDiaz\u200d", "Ana Diaz"),
            ("A\u200d-B", "A-B"),
            ("Ana\u202e Diaz\u200b\ufeff", "Ana Diaz"),
            ("a\x00b\x1bc\ud800", "abc"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ],
    )
    def test_keeps_what_is_seen(self, typed: str, kept: str) -> None:
        assert visible(typed) == kept

    @given(st.text(max_size=60))
    def test_says_the_same_twice(self, text: str) -> None:
        once = visible(text)
        assert unicodedata.is_normalized("NFC", once)
        assert visible(unicodedata.normalize("NFD", text)) == visible(unicodedata.normalize("NFC", text))
        assert all(
            each in "\n\t" + JOINERS
            or unicodedata.category(each)[0] != "C"
            or unicodedata.category(each) in ("Cn", "Co")
            for each in once
        )
