"""The Twilio client against the stand-in, over HTTP, with faults ordered there."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.errors import OutcomeUnknown, ProviderError, ProviderRefused
from portal.providers.twilio import (
    A2pStatus,
    CredentialsRefused,
    MessageNotFound,
    MessageStatus,
    MessagingBusy,
    MessagingUnavailable,
    OptedOut,
    SenderRefused,
    TwilioClient,
    UnreachablePhone,
    signature,
)
from tests.conftest import free_port
from tests.factories import TWILIO, TWILIO_NUMBER, Sandbox

PHONE = "+14155550123"
CREATE = {"method": "POST", "path_regex": "Messages.json"}


@pytest.fixture
def twilio(sandbox: Sandbox) -> TwilioClient:
    sandbox.twilio()
    return TwilioClient(**TWILIO)


class TestAccount:
    def test_good(self, twilio: TwilioClient) -> None:
        account = twilio.account()
        assert (account.sid, account.status) == (TWILIO["account_sid"], "active")

    @pytest.mark.parametrize("change", [{"auth_token": "0" * 32}, {"account_sid": "AC" + "9" * 32}])
    def test_wrong(self, twilio: TwilioClient, change: dict[str, str]) -> None:
        with pytest.raises(CredentialsRefused) as refused:
            TwilioClient(**(TWILIO | change)).account()
        assert (refused.value.provider_status, refused.value.provider_code) == (401, "20003")

    def test_shows_no_token(self, twilio: TwilioClient) -> None:
        assert TWILIO["auth_token"] not in repr((twilio, twilio.account()))

    def test_services(self, twilio: TwilioClient) -> None:
        assert [each.sid for each in twilio.services()] == [TWILIO["messaging_service_sid"]]

    def test_unknown_service(self, twilio: TwilioClient) -> None:
        with pytest.raises(MessageNotFound):
            TwilioClient(TWILIO["account_sid"], TWILIO["auth_token"], "MG" + "9" * 32).service()

    def test_answers_come_to_us(self, twilio: TwilioClient) -> None:
        assert twilio.service().inbound_request_url is None
        twilio.receive_at("https://shop.example/in")
        twilio.receive_at("https://shop.example/in")
        assert twilio.service().inbound_request_url == "https://shop.example/in"


class TestA2p:
    @pytest.mark.parametrize(
        ("campaign", "status"),
        [
            ("VERIFIED", A2pStatus.APPROVED),
            ("IN_PROGRESS", A2pStatus.PENDING),
            ("PENDING", A2pStatus.PENDING),
            ("FAILED", A2pStatus.REJECTED),
            (None, A2pStatus.UNKNOWN),
        ],
    )
    def test_campaign(self, sandbox: Sandbox, campaign: str | None, status: A2pStatus) -> None:
        sandbox.twilio(service={"campaign_status": campaign})
        assert TwilioClient(**TWILIO).a2p_status() == status

    @pytest.mark.parametrize("number", ["+18005550123", "+442071838750"])
    def test_not_for_these_numbers(self, sandbox: Sandbox, number: str) -> None:
        sandbox.twilio(service={"campaign_status": None, "numbers": [number]})
        assert TwilioClient(**TWILIO).a2p_status() == A2pStatus.NOT_NEEDED

    def test_without_a_service(self, twilio: TwilioClient) -> None:
        with pytest.raises(SenderRefused):
            TwilioClient(TWILIO["account_sid"], TWILIO["auth_token"]).a2p_status()


class TestSend:
    def test_and_what_becomes_of_it(self, twilio: TwilioClient, sandbox: Sandbox) -> None:
        sent = twilio.send(PHONE, "See you tomorrow at 10:00.")
        assert (sent.status, sent.segments, sent.price_micros) == (MessageStatus.ACCEPTED, 0, None)
        [text] = sandbox.texts()
        assert (text["sid"], text["from"], text["body"]) == (sent.sid, TWILIO_NUMBER, "See you tomorrow at 10:00.")
        final = twilio.fetch(sent.sid)
        assert (final.status, final.status.is_final, final.segments) == (MessageStatus.DELIVERED, True, 1)
        assert (final.price_micros, final.price_currency, final.error_code) == (7_900, "USD", None)
        assert final.sent_at is not None
        assert abs(clock.now() - final.sent_at) < timedelta(seconds=10)

    def test_shows_neither_phone_nor_words(self, twilio: TwilioClient) -> None:
        shown = repr(twilio.send(PHONE, "Private words"))
        assert PHONE not in shown
        assert "Private" not in shown

    @pytest.mark.parametrize(
        ("phone", "kind", "code"),
        [
            ("+15005550001", UnreachablePhone, "21211"),
            ("+15005550009", UnreachablePhone, "21614"),
            ("+15005550004", OptedOut, "21610"),
            ("nonsense", UnreachablePhone, "21211"),
        ],
    )
    def test_refused_phone(self, twilio: TwilioClient, phone: str, kind: type[ProviderRefused], code: str) -> None:
        with pytest.raises(kind) as refused:
            twilio.send(phone, "Hello")
        assert (refused.value.provider_code, refused.value.transient) == (code, False)
        assert phone not in str(refused.value)

    @pytest.mark.parametrize(("code", "kind"), [(21635, UnreachablePhone), (21612, UnreachablePhone)])
    def test_ordered_refusal(self, twilio: TwilioClient, sandbox: Sandbox, code: int, kind: type[Exception]) -> None:
        sandbox.post("/_sandbox/twilio/numbers", {"to": PHONE, "refuse": code})
        with pytest.raises(kind):
            twilio.send(PHONE, "Hello")

    def test_service_without_numbers(self, sandbox: Sandbox) -> None:
        sandbox.twilio(service={"numbers": []})
        with pytest.raises(SenderRefused) as refused:
            TwilioClient(**TWILIO).send(PHONE, "Hello")
        assert refused.value.provider_code == "21703"

    def test_undelivered(self, twilio: TwilioClient, sandbox: Sandbox) -> None:
        sandbox.post("/_sandbox/twilio/numbers", {"to": PHONE, "final": "undelivered", "error_code": 30007})
        sid = twilio.send(PHONE, "Hello").sid
        sandbox.texts()
        final = twilio.fetch(sid)
        assert (final.status, final.error_code, final.price_micros) == (MessageStatus.UNDELIVERED, 30007, 7_900)

    def test_too_many(self, sandbox: Sandbox) -> None:
        sandbox.twilio()
        sandbox.fault(provider="twilio", match=CREATE, status=429, body={"code": 20429, "status": 429})
        with pytest.raises(MessagingBusy) as busy:
            TwilioClient(**TWILIO).send(PHONE, "Hello")
        assert busy.value.transient
        assert sandbox.texts() == []

    def test_not_there(self) -> None:
        away = TwilioClient(**TWILIO, base_url=f"http://127.0.0.1:{free_port()}")
        with pytest.raises(MessagingUnavailable):
            away.send(PHONE, "Hello")

    @pytest.mark.parametrize("fault", [{"lost_reply": True}, {"status": 500}, {"drop_before": True}])
    def test_unknown_outcome_is_not_repeated(
        self, twilio: TwilioClient, sandbox: Sandbox, fault: dict[str, object]
    ) -> None:
        sandbox.fault(provider="twilio", match=CREATE, **fault)
        began = clock.now()
        with pytest.raises(OutcomeUnknown):
            twilio.send(PHONE, "Hello")
        arrived = len(sandbox.texts())
        assert arrived == (1 if "lost_reply" in fault else 0)
        assert [found.body for found in twilio.find(PHONE, since=began)] == ["Hello"] * arrived


class TestFind:
    def test_waiting_messages_are_found_too(self, sandbox: Sandbox) -> None:
        sandbox.twilio(delivery={"step_ms": 60_000})
        twilio, began = TwilioClient(**TWILIO), clock.now()
        sid = twilio.send(PHONE, "Hello").sid
        [found] = twilio.find(PHONE, since=began)
        assert (found.sid, found.status, found.sent_at) == (sid, MessageStatus.ACCEPTED, None)

    def test_only_of_this_phone_and_time(self, twilio: TwilioClient, sandbox: Sandbox) -> None:
        now = clock.now()
        sandbox.post("/_sandbox/clock", {"now": (now - timedelta(hours=1)).isoformat()})
        twilio.send(PHONE, "An hour ago")
        sandbox.post("/_sandbox/clock", {"now": now.isoformat()})
        twilio.send("+14155550199", "To somebody else")
        twilio.send(PHONE, "Now")
        assert [each.body for each in twilio.find(PHONE, since=now - timedelta(minutes=1))] == ["Now"]
        assert len(twilio.find(PHONE, since=now - timedelta(hours=2))) == 2
        assert twilio.find(PHONE, since=clock.now() + timedelta(minutes=1)) == []

    def test_many_pages(self, twilio: TwilioClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("portal.providers.twilio.client.PAGE_SIZE", 3)
        began = clock.now()
        sent = [twilio.send(PHONE, f"Number {number}").sid for number in range(8)]
        assert [each.sid for each in twilio.find(PHONE, since=began)] == sent[::-1]

    def test_what_came_in_is_left_out(self, twilio: TwilioClient, sandbox: Sandbox) -> None:
        began = clock.now()
        sandbox.post("/_sandbox/twilio/inbound", {"to": TWILIO_NUMBER, "phone": PHONE, "body": "Thanks!"})
        assert twilio.find(TWILIO_NUMBER, since=began) == []


class TestFetch:
    @pytest.mark.parametrize("sid", ["SM" + "0" * 32, "../Accounts", ""])
    def test_unknown(self, twilio: TwilioClient, sid: str) -> None:
        with pytest.raises(MessageNotFound):
            twilio.fetch(sid)

    def test_failing_server_is_asked_again(self, twilio: TwilioClient, sandbox: Sandbox) -> None:
        sid = twilio.send(PHONE, "Hello").sid
        sandbox.fault(provider="twilio", match={"method": "GET"}, status=503, times=2)
        assert twilio.fetch(sid).sid == sid

    def test_nonsense(self, twilio: TwilioClient, sandbox: Sandbox) -> None:
        sid = twilio.send(PHONE, "Hello").sid
        sandbox.fault(provider="twilio", match={"method": "GET"}, status=200, body="<html>", times=None)
        with pytest.raises(MessagingUnavailable) as failed:
            twilio.fetch(sid)
        assert isinstance(failed.value, ProviderError)


class TestSignature:
    """The worked example of Twilio's documentation."""

    URL = "https://example.com/myapp.php?foo=1&bar=2"
    TOKEN = "12345"
    FIELDS = (
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    )
    SIGNATURE = "L/OH5YylLD5NRKLltdqwSvS0BnU="

    def test_known(self) -> None:
        assert signature.is_signed(self.TOKEN, self.URL, self.FIELDS, self.SIGNATURE)
        assert signature.is_signed(self.TOKEN, self.URL, reversed(self.FIELDS), self.SIGNATURE)

    def test_port_that_goes_without_saying(self) -> None:
        assert signature.is_signed(self.TOKEN, self.URL.replace(".com/", ".com:443/"), self.FIELDS, self.SIGNATURE)

    @pytest.mark.parametrize("wrong", ["", "L/OH5YylLD5NRKLltdqwSvS0BnV=", "ünsigned"])
    def test_wrong_signature(self, wrong: str) -> None:
        assert not signature.is_signed(self.TOKEN, self.URL, self.FIELDS, wrong)

    def test_everything_counts(self) -> None:
        changed = [*self.FIELDS[:-1], ("To", "+18005551213")]
        assert not signature.is_signed(self.TOKEN, self.URL, changed, self.SIGNATURE)
        assert not signature.is_signed(self.TOKEN, self.URL + "&baz=3", self.FIELDS, self.SIGNATURE)
        assert not signature.is_signed("54321", self.URL, self.FIELDS, self.SIGNATURE)
        assert not signature.is_signed(self.TOKEN, "https://example.com:8443" + self.URL[19:], self.FIELDS, "")
