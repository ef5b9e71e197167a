"""Yes and no as people said them right after they were asked to confirm, from a published set of dialogues.

The set is not part of the project; where it is missing, these tests are skipped.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.assistant.guardrails import Consent, consent_in

TALK = Path(__file__).parents[3] / "shared" / "data" / "consent-train.json"
A_YES = {Consent.YES, Consent.YES_PLAIN}
#: The dialogues are of many trades. Who asks for a song, a cab or a transfer says no plain yes to a booking.
OTHER_TRADES = re.compile(
    r"\b(?:pla[yt]|play(?:ing)?|movies?|songs?|music|subtitles|cast|tv|cabs?|car|transfer|watch(?:ing)?|calendar|credit card)\b",
    re.I,
)
#: What a question or another request is known by. Some sentences are labelled as a yes with a question, and ask nothing.
ASKS = re.compile(
    r"\?|\b(?:what|how|where|when|who|which|whats|can|could|does|tell|give|find|get|let me|check|need|also|know)\b",
    re.I,
)
MISLABELLED_AT_MOST = 6

Said = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def said() -> Said:
    if not TALK.exists():
        pytest.skip(f"The dialogues are not here: {TALK}")
    rows = json.loads(TALK.read_text())["rows"]
    return lambda label: [row["text"] for row in rows if row["label"] == label]


class TestTalk:
    def test_yes_is_understood(self, said: Said) -> None:
        """Each wording counts once, so the rare ones weigh as much as the common ones: life is kinder."""
        plain = [text for text in said("yes") if not OTHER_TRADES.search(text)]
        understood = sum(consent_in(text, "create") in A_YES for text in plain)
        assert understood / len(plain) >= 0.92

    def test_yes_is_never_a_no(self, said: Said) -> None:
        read = {text: consent_in(text, "create") for text in said("yes")}
        assert [text for text, consent in read.items() if consent in {Consent.NO, Consent.NO_PLAIN}] == []

    @pytest.mark.parametrize("kind", ["create", "cancel", "reschedule"])
    def test_a_refusal_or_change_is_no_yes(self, said: Said, kind: str) -> None:
        assert [text for text in said("no_or_change") if consent_in(text, kind) in A_YES] == []

    @pytest.mark.parametrize("kind", ["create", "cancel", "reschedule"])
    def test_a_yes_with_a_question_is_no_yes(self, said: Said, kind: str) -> None:
        taken = [text for text in said("yes_and_question") if consent_in(text, kind) in A_YES]
        assert [text for text in taken if ASKS.search(text)] == []
        assert len(taken) <= MISLABELLED_AT_MOST, taken
