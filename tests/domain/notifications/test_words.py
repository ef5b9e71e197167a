"""Templates, what they are billed as, and what customers answer."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import InvalidArgument
from portal.domain.notifications import optout, segments, templates
from portal.domain.notifications.optout import Answer
from portal.domain.notifications.templates import DEFAULTS, Facts
from portal.domain.notifications.types import Kind

FACTS = Facts(
    "Bob's Barbershop", "Haircut", datetime(2026, 11, 24, 21, 30, tzinfo=UTC), "America/New_York",
    customer="Ana María Pérez", phone="+12125550100", address="1 Main St, New York",
)  # fmt: skip


class TestDefaults:
    @pytest.mark.parametrize("kind", list(Kind))
    def test_are_sound(self, kind: Kind) -> None:
        assert templates.check("text", DEFAULTS[kind]) == DEFAULTS[kind]
        rendered = templates.render(DEFAULTS[kind], FACTS)
        assert "Bob's Barbershop" in rendered.text
        assert "Tue, Nov 24 at 4:30 PM" in rendered.text
        assert (rendered.size.encoding, rendered.size.segments) == ("GSM-7", 1)

    def test_own_words_first(self) -> None:
        assert templates.template(Kind.REMINDER_2H, {"reminder_2h": "Soon!"}) == "Soon!"
        assert templates.template(Kind.REMINDER_2H, {"reminder_2h": ""}) == DEFAULTS[Kind.REMINDER_2H]


class TestCheck:
    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("", "must not be empty"),
            ("x" * 481, "under 480"),
            ("Hi {nmae}", "There is no placeholder {nmae}"),
            ("Hi {}", "There is no placeholder {}"),
            ("Hi {name", "Curly brackets"),
            ("Hi {{name}}", "Curly brackets"),
            ("Reply CANCEL to cancel.", "CANCEL or YES"),
            ("Please reply with YES.", "CANCEL or YES"),
            ('Text "cancel" to 12345', "CANCEL or YES"),
            ("YES to confirm, CANCEL to cancel", "CANCEL or YES"),
            ("Answer START for more", "CANCEL or YES"),
            ("Reply STOP to cancel your visit", "CANCEL or YES"),
            ("Send the word quit", "CANCEL or YES"),
            ("Reply “CANCEL”", "CANCEL or YES"),
        ],
    )
    def test_refuses(self, text: str, complaint: str) -> None:
        with pytest.raises(InvalidArgument, match=complaint) as refused:
            templates.check("templates.confirmation", text)
        assert refused.value.details["field"] == "templates.confirmation"

    @pytest.mark.parametrize(
        "text",
        [
            "{business}: {service} on {date} at {time}. {name} {phone} {address}",
            "To cancel, please call {phone}.",
            "You can cancel until the day before. Yes, there is parking.",
            "Reply STOP to opt out.",
            "Reply HELP for help, STOP to unsubscribe.",
            "We start on time, so please send a friend ahead.",
        ],
    )
    def test_takes(self, text: str) -> None:
        assert templates.check("text", text) == text

    def test_spaces_and_quotes_are_made_plain(self) -> None:
        assert templates.check("text", " It’s\n “soon” — {time} ") == 'It\'s "soon" - {time}'


class TestRender:
    def test_all_placeholders(self) -> None:
        text = "{name}|{service}|{business}|{date}|{time}|{phone}|{address}"
        assert templates.render(text, FACTS).text == (
            "Ana|Haircut|Bob's Barbershop|Tue, Nov 24|4:30 PM|+12125550100|1 Main St, New York"
        )

    @pytest.mark.parametrize("name", ["http://evil.example", "Win$1000 now", "", "x" * 40, "12345"])
    def test_a_name_that_is_none_is_left_out(self, name: str) -> None:
        facts = Facts("Shop", "Cut", FACTS.start, "UTC", customer=name)
        assert templates.render("Hi {name}!", facts).text == "Hi!"

    @pytest.mark.parametrize(
        ("name", "greeted"),
        [
            ("Mary-Jane Watson", "Mary-Jane"),
            ("D'Angelo Russell", "D'Angelo"),
            ("O’Brien", "O'Brien"),
            ("Jose\u0301 Nunez", "José"),
            ("प्रिया शर्मा", "प्रिया"),
            ("علی\u200cرضا", "علی\u200cرضا"),
            ("李", "李"),
            ("Ng Wei", "Ng"),
        ],
    )
    def test_people_are_greeted_as_they_are_called(self, name: str, greeted: str) -> None:
        facts = Facts("Shop", "Cut", FACTS.start, "UTC", customer=name)
        assert templates.render("Hi {name}, your {service}.", facts).text == f"Hi {greeted}, your Cut."

    @pytest.mark.parametrize(
        ("text", "rendered"),
        [
            ("Hi {name}, your {service}.", "Hi, your Cut."),
            ("{name}, your {service} is tomorrow.", "Your Cut is tomorrow."),
            ("See you soon, {name}!", "See you soon!"),
            ("{service} for {name} at {business}", "Cut for at Shop"),
        ],
    )
    def test_no_name_leaves_no_gap(self, text: str, rendered: str) -> None:
        facts = Facts("Shop", "Cut", FACTS.start, "UTC", customer="J. Smith")
        assert templates.render(text, facts).text == rendered

    def test_brackets_of_values_mean_nothing(self) -> None:
        facts = Facts("{phone}", "{name}", FACTS.start, "UTC", phone="+1")
        assert templates.render("{business} {service}", facts).text == "{phone} {name}"


class TestSegments:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("a" * 160, ("GSM-7", 160, 1)),
            ("a" * 161, ("GSM-7", 161, 2)),
            ("a" * 306, ("GSM-7", 306, 2)),
            ("a" * 307, ("GSM-7", 307, 3)),
            ("é" * 160, ("GSM-7", 160, 1)),
            ("€" * 80, ("GSM-7", 160, 1)),
            ("€" * 81, ("GSM-7", 162, 2)),
            ("a" * 152 + "€" + "a" * 152, ("GSM-7", 306, 3)),  # the euro sign does not fit the first part
            ("ж" * 70, ("UCS-2", 70, 1)),
            ("ж" * 71, ("UCS-2", 71, 2)),
            ("😀" * 35, ("UCS-2", 70, 1)),
            ("😀" * 36, ("UCS-2", 72, 2)),
            ("😀" * 67, ("UCS-2", 134, 3)),  # 33 to a part, none split
            ("", ("GSM-7", 0, 1)),
        ],
    )
    def test_measure(self, text: str, expected: tuple[str, int, int]) -> None:
        size = segments.measure(text)
        assert (size.encoding, size.units, size.segments) == expected

    @given(st.text(max_size=400))
    def test_plain_text_costs_no_more(self, text: str) -> None:
        before, after = segments.measure(text), segments.measure(segments.plain(text))
        assert after.segments <= before.segments + text.count("…")

    def test_plain(self) -> None:
        assert segments.measure(segments.plain("It’s “soon” — 4:30 PM…")).encoding == "GSM-7"


class TestAnswers:
    @pytest.mark.parametrize(
        ("body", "kind", "expected"),
        [
            ("STOP", None, Answer.STOP), ("stop", None, Answer.STOP), (" Stop. ", None, Answer.STOP),
            ("STOP!!!", None, Answer.STOP), ("Stop all", None, Answer.STOP), ("CANCEL", None, Answer.STOP),
            ("opt-out", None, Answer.STOP), ("please stop", None, Answer.STOP), ("Unsubscribe", None, Answer.STOP),
            ("revoke", None, Answer.STOP), ("START", None, Answer.START), ("yes", None, Answer.START),
            ("UNSTOP", None, Answer.START), ("help", None, Answer.HELP), ("info", None, Answer.HELP),
            ("can you stop by tomorrow?", None, None), ("I cannot come", None, None), ("", None, None),
            ("Stop. Thank you", None, Answer.STOP), ("STOP - Ana", None, Answer.STOP),
            ("STOP\nAna Diaz", None, Answer.STOP), ("“stop”", None, Answer.STOP),
            ("Please stop texting me", None, Answer.STOP), ("can you stop texting me?", None, Answer.STOP),
            ("Don’t text me anymore", None, Answer.STOP), ("no more texts please", None, Answer.STOP),
            ("take me off your list", None, Answer.STOP), ("I want to unsubscribe", None, Answer.STOP),
            ("I told you to stop texting me", None, Answer.STOP), ("Stop with the spam", None, Answer.STOP),
            ("No me envíen más mensajes", None, Answer.STOP), ("keine SMS mehr bitte", None, Answer.STOP),
            ("Arrêtez de m'envoyer des SMS", None, Answer.STOP),
            ("Cancel my appointment", None, None), ("Will it end by 3?", None, None),
            ("Please don't stop texting me", None, None), ("Is there a bus stop nearby", None, None),
            ("I quit my job so I have time", None, None), ("end of the day works", None, None),
            ("Stop, I need to move my appointment to 5", None, Answer.UNSURE),
            ("don't text me before 9", None, Answer.UNSURE), ("should I reply STOP?", None, Answer.UNSURE),
            ("why did you stop sending reminders?", None, Answer.UNSURE),
            # Twilio's own reading comes first: a business may have words of its own there.
            ("basta", "STOP", Answer.STOP), ("yes", "HELP", Answer.HELP), ("stop", "nonsense", Answer.STOP),
        ],
    )  # fmt: skip
    def test_read(self, body: str, kind: str | None, expected: Answer | None) -> None:
        assert optout.read(body, kind) == expected
