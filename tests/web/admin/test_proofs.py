"""How a booking's changes came about, in the words of its page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from portal.core.ids import new_id
from portal.domain.admin.proofs import Proof
from portal.web.admin.bookings.proof_rows import ProofStep, proof_row

TEN = datetime(2030, 1, 7, 15, tzinfo=UTC)
PROOF = Proof(
    proposal_id=new_id(), kind="create", state="done", summary="Haircut", offered_at=TEN,
    proposed_at=TEN + timedelta(minutes=2), acted_at=TEN + timedelta(minutes=3), by="message", session_id=new_id(),
    message_id=new_id(), card_id=new_id(),
)  # fmt: skip


class TestProofRow:
    def test_of_a_chat(self) -> None:
        row = proof_row(PROOF, "America/New_York")
        assert row.steps == [
            ProofStep("Time shown", "Mon, Jan 7, 10:00 AM"),
            ProofStep("Request shown", "Mon, Jan 7, 10:02 AM"),
            ProofStep("Confirmed by a message in the chat", "Mon, Jan 7, 10:03 AM"),
        ]
        assert (row.title, row.chat_id) == ("Booking: Haircut", str(PROOF.session_id))

    def test_of_the_form(self) -> None:
        row = proof_row(replace(PROOF, by="form", offered_at=None, state="failed"), "America/New_York")
        assert row.steps == [ProofStep("Sent on the booking page (failed)", "Mon, Jan 7, 10:03 AM")]
        assert row.chat_id == ""
