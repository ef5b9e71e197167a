"""Days, times, names and addresses in customers' words."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.sandbox.anthropic.receptionist.language.clock import Window, clock_words, find_window
from portal.sandbox.anthropic.receptionist.language.contact import find_email, find_name, find_phone, find_reference
from portal.sandbox.anthropic.receptionist.language.dates import (
    DayWish,
    Trouble,
    find_dates,
    wished_days,
    without_dates,
)
from portal.sandbox.anthropic.receptionist.language.foreign import language_of
from portal.sandbox.anthropic.receptionist.language.spelling import written_out
from portal.sandbox.anthropic.receptionist.language.words import alike, fold, stem

SUNDAY = date(2026, 11, 22)


def wish(text: str, today: date = SUNDAY) -> DayWish | None:
    folded = fold(text)
    return wished_days(folded, find_dates(folded, today), today)


def span(text: str, today: date = SUNDAY) -> tuple[str, str] | None:
    found = wish(text, today)
    return None if found is None else (f"{found.first:%m-%d}", f"{found.last:%m-%d}")


def window(text: str, *, bare: bool = False) -> Window | None:
    folded = fold(text)
    return find_window(without_dates(folded, find_dates(folded, SUNDAY)), bare=bare)


class TestDates:
    @pytest.mark.parametrize(
        ("text", "first", "last"),
        [
            ("today please", "11-22", "11-22"),
            ("tonight", "11-22", "11-22"),
            ("Tomorrow", "11-23", "11-23"),
            ("tommorow at 5", "11-23", "11-23"),
            ("the day after tomorrow", "11-24", "11-24"),
            ("Tuesday", "11-24", "11-24"),
            ("tues", "11-24", "11-24"),
            ("on thurs", "11-26", "11-26"),
            ("next Tuesday", "11-24", "11-24"),
            ("this Friday", "11-27", "11-27"),
            ("wednesdays", "11-25", "11-25"),
            ("friday week", "12-04", "12-04"),
            ("Nov 30", "11-30", "11-30"),
            ("November 30th", "11-30", "11-30"),
            ("nov. 30", "11-30", "11-30"),
            ("30 November", "11-30", "11-30"),
            ("the 30th of november", "11-30", "11-30"),
            ("11/30", "11-30", "11-30"),
            ("11/30/2026", "11-30", "11-30"),
            ("30/11/26", "11-30", "11-30"),
            ("2026-12-01", "12-01", "12-01"),
            ("the 1st", "12-01", "12-01"),
            ("on the 3rd", "12-03", "12-03"),
            ("in 3 days", "11-25", "11-25"),
            ("in a week", "11-29", "12-01"),
            ("in two weeks", "12-06", "12-08"),
            ("two weeks from now", "12-06", "12-08"),
            ("this week", "11-22", "11-22"),
            ("next week", "11-23", "11-29"),
            ("this weekend", "11-22", "11-22"),
            ("next weekend", "11-28", "11-29"),
            ("next month", "12-01", "12-14"),
            ("in december", "12-01", "12-14"),
            ("as soon as possible", "11-22", "11-29"),
            ("Tuesday or Thursday", "11-24", "11-26"),
            ("between monday and wednesday", "11-23", "11-25"),
            ("any time on Friday", "11-27", "11-27"),
            ("Tuesday doesn't work, how about Wednesday?", "11-25", "11-25"),
            ("not Monday, Tuesday", "11-24", "11-24"),
            ("Tuesday 24 November", "11-24", "11-24"),
            ("nov 20", "11-20", "11-20"),
        ],
    )
    def test_understood(self, text: str, first: str, last: str) -> None:
        assert span(text) == (first, last)

    @pytest.mark.parametrize(
        "text",
        [
            "hello",
            "at 10:30",
            "24/7",
            "the second one",
            "I may come",
            "13/13",
            "2026-02-30",
            "call 217-555-0100",
            "mona",
            "sunny",
        ],
    )
    def test_no_day(self, text: str) -> None:
        assert wish(text) is None

    def test_weekday_from_a_monday(self) -> None:
        monday = date(2026, 11, 23)
        assert span("tuesday", monday) == ("11-24", "11-24")
        assert span("next tuesday", monday) == ("12-01", "12-01")
        assert span("monday", monday) == ("11-30", "11-30")
        assert span("this monday", monday) == ("11-23", "11-23")
        assert span("this weekend", monday) == ("11-28", "11-29")

    def test_a_date_long_past_is_next_year(self) -> None:
        found = wish("March 3")
        assert found is not None
        assert found.first == date(2027, 3, 3)

    def test_listed_days_only(self) -> None:
        found = wish("Tuesday or Thursday")
        assert found is not None
        assert [found.admits(date(2026, 11, day)) for day in (24, 25, 26)] == [True, False, True]

    def test_refused_day(self) -> None:
        found = wish("anything but Tuesday")
        assert found is not None
        assert not found.admits(date(2026, 11, 24))
        assert found.admits(date(2026, 11, 25))

    @given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(0, 300))
    def test_written_dates_are_read_back(self, today: date, ahead: int) -> None:
        day = today + timedelta(days=ahead)
        for text in (
            f"{day}",
            f"{day:%B} {day.day}",
            f"{day:%b} {day.day}, {day.year}",
            f"{day.month}/{day.day}/{day.year}",
        ):
            assert wish(f"on {text} please", today) == DayWish(day, day)

    @given(st.text(max_size=200), st.dates(date(1, 1, 1), date(9999, 12, 31)))
    def test_never_fails(self, text: str, today: date) -> None:
        found = find_dates(fold(text), today)
        assert all(one.end <= two.start for one, two in pairwise(found))
        assert all(mention.first <= mention.last for mention in found)

    @given(st.text(alphabet="0123456789/-. nextuesdaybfrom", max_size=60))
    def test_never_fails_near_dates(self, text: str) -> None:
        wish(text)


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "earliest", "latest"),
        [
            ("after 4", "16:00", None),
            ("something next Tuesday after 4", "16:00", None),
            ("after 4:30pm", "16:30", None),
            ("from 9 on", "09:00", None),
            ("10 or later", "10:00", None),
            ("before noon", None, "11:59"),
            ("before 10am", None, "09:59"),
            ("by 3", None, "15:00"),
            ("until 5 pm", None, "17:00"),
            ("2 pm or earlier", None, "14:00"),
            ("between 2 and 4", "14:00", "16:00"),
            ("from 9 to 11", "09:00", "11:00"),
            ("9-11am", "09:00", "11:00"),
            ("11am-2pm", "11:00", "14:00"),
            ("between 11 and 1", "11:00", "13:00"),
            ("after 2 but before 4", "14:00", "15:59"),
            ("in the morning", "00:00", "11:59"),
            ("Friday afternoon", "12:00", "16:59"),
            ("evening", "17:00", "23:59"),
            ("after work", "17:00", "23:59"),
            ("at lunchtime", "11:30", "14:00"),
            ("not in the morning", "12:00", "23:59"),
        ],
    )
    def test_bounds(self, text: str, earliest: str | None, latest: str | None) -> None:
        found = window(text)
        assert found is not None
        assert found.target is None
        assert found.earliest == minutes(earliest)
        assert found.latest == minutes(latest)

    @pytest.mark.parametrize(
        ("text", "target", "exact"),
        [
            ("at 10:30", "10:30", True),
            ("tomorrow at 10", "10:00", True),
            ("Nov 30 at 4", "16:00", True),
            ("3pm", "15:00", True),
            ("3 p.m.", "15:00", True),
            ("15:30", "15:30", True),
            ("at noon", "12:00", True),
            ("12pm", "12:00", True),
            ("12am", "00:00", True),
            ("around 3pm", "15:00", False),
            ("about 11", "11:00", False),
            ("3ish", "15:00", False),
            ("at 8 in the evening", "20:00", True),
            ("at 7 in the morning", "07:00", True),
            ("Tue, Nov 24, 4:30 PM", "16:30", True),
        ],
    )
    def test_target(self, text: str, target: str, exact: bool) -> None:
        found = window(text)
        assert found is not None
        assert (found.target, found.exact) == (minutes(target), exact)

    @pytest.mark.parametrize(
        "text", ["hello", "2 people", "in 30 minutes", "$35", "on 2026-12-01", "11/30", "I have 2 kids", "100%"]
    )
    def test_no_time(self, text: str) -> None:
        assert window(text) is None

    def test_bare_number_only_where_a_time_was_asked_for(self) -> None:
        assert window("4 works") is None
        found = window("4 works", bare=True)
        assert found is not None
        assert found.target == 16 * 60

    def test_open_half_of_the_day(self) -> None:
        found = window("at 8")
        assert found is not None
        assert found.admits(8 * 60)
        assert found.admits(20 * 60)
        sure = window("at 8am")
        assert sure is not None
        assert not sure.admits(20 * 60)

    @given(st.integers(0, 23 * 60 + 59))
    def test_written_times_are_read_back(self, minute: int) -> None:
        for text in (
            clock_words(minute),
            clock_words(minute).lower().replace(" ", ""),
            f"{minute // 60:02d}:{minute % 60:02d}",
        ):
            found = window(f"at {text}")
            assert found is not None
            assert found.admits(minute), text

    @given(st.text(alphabet="0123456789:-. apmtobewnd", max_size=60), st.booleans())
    def test_never_fails(self, text: str, bare: bool) -> None:
        found = find_window(fold(text), bare=bare)
        if found is not None and found.earliest is not None and found.latest is not None:
            assert found.earliest <= found.latest

    @given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1439))
    def test_distance_is_nought_within_bounds_only(self, low: int, high: int, minute: int) -> None:
        made = Window(min(low, high), max(low, high))
        assert (made.distance(minute) == 0) is made.admits(minute)


def minutes(text: str | None) -> int | None:
    return None if text is None else int(text[:2]) * 60 + int(text[3:])


class TestEmail:
    @pytest.mark.parametrize(
        ("text", "email"),
        [
            ("ana@example.com", "ana@example.com"),
            ("it's Ana.Ruiz+cuts@mail.example.co.uk, thanks", "Ana.Ruiz+cuts@mail.example.co.uk"),
            ("<ana@example.com>.", "ana@example.com"),
            ("ana at example dot com", "ana@example.com"),
            ("not a@b.com but c@d.com", "c@d.com"),
            ("ana@example", None),
            ("ana@@example.com", None),
            ("@example.com", None),
            ("ana.example.com", None),
            ("meet at noon", None),
            ("ana@-example.com", None),
        ],
    )
    def test_found(self, text: str, email: str | None) -> None:
        assert find_email(text) == email

    @given(st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8})?@[a-z]{2,10}\.(com|org|io)", fullmatch=True))
    def test_plain_addresses(self, email: str) -> None:
        assert find_email(f"My e-mail is {email}, bye.") == email


class TestPhone:
    @pytest.mark.parametrize(
        ("text", "phone"),
        [
            ("217-555-0199", "217-555-0199"),
            ("(217) 555 0199", "(217) 555 0199"),
            ("1 217 555 0199", "1 217 555 0199"),
            ("+34 600 123 456", "+34 600 123 456"),
            ("call me on +49 (0)30 1234567", "+49 (0)30 1234567"),
            ("0171 2345678", "0171 2345678"),
            ("on 2026-12-01 10:30", None),
            ("11/30 at 4:30", None),
            ("12345", None),
            ("bob1234567@example.com", None),
        ],
    )
    def test_found_as_written(self, text: str, phone: str | None) -> None:
        assert find_phone(text) == phone


class TestName:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("I'm Ana Ruiz", "Ana Ruiz"),
            ("I’m Ana Ruiz, ana@example.com, haircut tomorrow at 10", "Ana Ruiz"),
            ("my name is josé garcía and my email is jose@garcia.es", "José García"),
            ("This is Pat O'Neil.", "Pat O'Neil"),
            ("Name: Ana Ruiz\nEmail: ana@example.com", "Ana Ruiz"),
            ("Ana Ruiz, ana@example.com", "Ana Ruiz"),
            ("change the name to Anna Ruiz", "Anna Ruiz"),
            ("I'm looking for a haircut", None),
            ("I'm Sorry", None),
            ("I'm free on Tuesday", None),
            ("actually make it 11:30", None),
            ("for Tuesday", None),
            ("it's Beard Trim please", None),
            ("Tuesday works", None),
        ],
    )
    def test_unasked(self, text: str, name: str | None) -> None:
        assert find_name(text, not_names={"beard", "trim"}) == name

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("ana ruiz", "Ana Ruiz"),
            ("Lee", "Lee"),
            ("sure, it's Bob", "Bob"),
            ("bob stone bob@stone.org", "Bob Stone"),
            ("Zoe Lee zoe@lee.io (312) 555-0123", "Zoe Lee"),
            ("mary-jane o'hara / mj@example.com", "Mary-Jane O'Hara"),
            ("yes", None),
            ("what do you need it for?", None),
            ("tomorrow", None),
            ("12", None),
        ],
    )
    def test_asked(self, text: str, name: str | None) -> None:
        assert find_name(text, expected=True) == name

    @given(st.text(max_size=120), st.booleans())
    def test_never_fails(self, text: str, expected: bool) -> None:
        name = find_name(text, expected=expected)
        assert name is None or (name.strip() == name and 1 <= len(name.split()) <= 4)


class TestReference:
    @pytest.mark.parametrize(
        ("text", "uid"),
        [
            ("bk7f3a9c2x", "bk7f3a9c2x"),
            ("my booking reference is abc12", "abc12"),
            ("booking #48213", "48213"),
            ("0190f5fe-0000-7000-8000-000000000001", "0190f5fe-0000-7000-8000-000000000001"),
            ("it is qKpRtYuIoPaSdF, thanks", "qKpRtYuIoPaSdF"),
            ("my booking tomorrow at 10am", None),
            ("cancel my appointment please", None),
            ("booking 2026-12-01", None),
            ("ana1234567@example.com", None),
        ],
    )
    def test_unasked(self, text: str, uid: str | None) -> None:
        assert find_reference(text) == uid

    def test_asked(self) -> None:
        assert find_reference("ab12", expected=True) == "ab12"
        assert find_reference("I don't know", expected=True) is None


class TestWords:
    @pytest.mark.parametrize(
        ("one", "other"), [("parking", "park"), ("prices", "price"), ("haircuts", "haircut"), ("policies", "policy")]
    )
    def test_stem(self, one: str, other: str) -> None:
        assert stem(one) == stem(other)

    def test_alike(self) -> None:
        assert alike("hairct", "haircut")
        assert not alike("late", "lane")
        assert not alike("beard", "board game")


class TestTrouble:
    @pytest.mark.parametrize("text", ["february 30", "nov 31", "the 31st of april", "31 june", "2026-02-30"])
    def test_no_such_day(self, text: str) -> None:
        (mention,) = find_dates(text, SUNDAY)
        assert mention.trouble is Trouble.NO_SUCH_DAY
        assert wished_days(text, [mention], SUNDAY) is None

    @pytest.mark.parametrize("text", ["thursday december 17", "thursday, december 17", "december 17, thursday"])
    def test_a_weekday_beside_its_date_is_that_date(self, text: str) -> None:
        assert span(text) == ("12-17", "12-17")

    def test_wrong_weekday(self) -> None:
        (mention,) = find_dates("thursday december 18", SUNDAY)
        assert mention.trouble is Trouble.WRONG_WEEKDAY
        assert (mention.first, mention.last) == (date(2026, 12, 18), date(2026, 12, 17))


class TestSpokenTimes:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("half past two", "at 2:30 PM"),
            ("half eleven", "at 11:30 AM"),
            ("at quarter to five", "at 4:45 PM"),
            ("ten past nine", "at 9:10 AM"),
            ("three o'clock", "at 3:00 PM"),
            ("2ish", "around 2:00 PM"),
        ],
    )
    def test_understood(self, text: str, words: str) -> None:
        found = window(text)
        assert found is not None
        assert found.words == words

    def test_two_houses_are_no_time(self) -> None:
        assert window("two drains at two houses") is None


class TestSpelling:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("u free tmrw arvo?", "you free tomorrow afternoon?"),
            ("need an appt nxt wk", "need an appointment next week"),
            ("sum1 4 a clogged drain", "someone for a clogged drain"),
            ("satruday mornning", "saturday morning"),
        ],
    )
    def test_written_out(self, written: str, meant: str) -> None:
        assert written_out(written) == meant

    def test_known_words_stay(self) -> None:
        assert written_out("frida", frozenset({"frida"})) == "frida"


class TestForeign:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("hola, quisiera una cita para mañana", "es"),
            ("bonjour, je voudrais un rendez-vous", "fr"),
            ("haben sie morgen einen termin frei?", "de"),
            ("vorrei prenotare per domani", "it"),
            ("olá, gostaria de marcar uma consulta", "pt"),
            ("i'd like a haircut for my son on sunday", None),
            ("ola nord, ola@example.com", None),
        ],
    )
    def test_told(self, text: str, code: str | None) -> None:
        assert language_of(text) == code
