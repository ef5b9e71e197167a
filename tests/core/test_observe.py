import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from portal.core import observe
from portal.core.db import nobody
from portal.core.errors import SlotTaken
from portal.core.redaction import describe, exception_lines, redact_text, redact_value

WORDS = st.text(st.characters(categories=["L", "Zs", "Po"], exclude_characters="@%"), max_size=30)
SURROUNDED = st.tuples(WORDS, st.sampled_from([" ", ": ", "=", '"', "'", "(", "<", "\n", ", "]), WORDS)
PHONES = st.one_of(
    st.from_regex(r"\+[1-9][0-9]{9,13}", fullmatch=True),
    st.from_regex(r"\([2-9][0-9]{2}\) [0-9]{3}-[0-9]{4}", fullmatch=True),
    st.from_regex(r"[2-9][0-9]{2}[-. ][0-9]{3}[-. ][0-9]{4}", fullmatch=True),
    st.from_regex(r"\+44 [0-9]{4} [0-9]{6}", fullmatch=True),
)
SECRETS = st.one_of(
    st.from_regex(r"sk-ant-[A-Za-z0-9]{20,40}", fullmatch=True),
    st.from_regex(r"sk_(live|test)_[A-Za-z0-9]{16,30}", fullmatch=True),
    st.from_regex(r"whsec_[A-Za-z0-9]{16,30}", fullmatch=True),
    st.from_regex(r"cal_live_[a-f0-9]{24,32}", fullmatch=True),
    st.from_regex(r"Bearer [A-Za-z0-9._\-]{10,40}", fullmatch=True),
    st.from_regex(r"eyJ[A-Za-z0-9]{10,30}\.[A-Za-z0-9_\-]{10,40}\.[A-Za-z0-9_\-]{10,40}", fullmatch=True),
)


class Lines:
    """What was logged, line by line."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def last(self) -> dict[str, Any]:
        return self.all()[-1]


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream = io.StringIO()
    observe.configure(stream=stream)
    yield Lines(stream)
    observe.configure()


class TestText:
    @given(SURROUNDED, st.emails())
    def test_emails(self, around: tuple[str, str, str], email: str) -> None:
        text = around[0] + around[1] + email + around[1] + around[2]
        assert email not in redact_text(text)

    @given(SURROUNDED, PHONES)
    def test_phones(self, around: tuple[str, str, str], phone: str) -> None:
        text = redact_text(around[0] + around[1] + phone + around[1] + around[2])
        assert phone not in text
        assert phone[-7:] not in text

    @given(SURROUNDED, SECRETS)
    def test_secrets(self, around: tuple[str, str, str], secret: str) -> None:
        assert secret not in redact_text(around[0] + around[1] + secret + around[1] + around[2])

    @given(st.text(max_size=300))
    @settings(deadline=2000)
    def test_any_text_is_bounded_and_stable(self, text: str) -> None:
        assert redact_text(redact_text(text)) == redact_text(redact_text(redact_text(text)))

    @pytest.mark.parametrize(
        "harmless",
        [
            "2026-11-24T16:30:00Z",
            "2026-11-24 16:30:00.123456+00:00",
            "0193f0aa-0000-7000-8000-000000000000",
            "127.0.0.1",
            "took 12.3456 ms, 1048576 bytes",
            "/v1/public/tenant",
            "portal.domain.booking.confirm",
        ],
    )
    def test_kept(self, harmless: str) -> None:
        assert redact_text(harmless) == harmless

    @pytest.mark.parametrize(
        ("text", "secret"),
        [
            ("GET /manage/abc.def.ghi", "abc.def.ghi"),
            ("https://api.example/x?token=abc&y=1", "token"),
            ("postgresql://portal:hunter2@db/portal", "hunter2"),
            ("jane%40example.com", "jane"),
            ("key=A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6", "A1b2C3"),
        ],
    )
    def test_redacted(self, text: str, secret: str) -> None:
        assert secret not in redact_text(text)


class TestFields:
    @pytest.mark.parametrize(
        "name",
        [
            "email", "customer_email", "phone", "attendee_phone", "customer_name", "notes", "message", "password",
            "token", "api_key", "anthropic_api_key", "Authorization", "cookie", "Set-Cookie", "headers", "query_string",
            "body", "content", "prompt", "user_agent", "ip", "database_url",
        ],
    )  # fmt: skip
    def test_by_name(self, name: str) -> None:
        assert redact_value(name, "some words") == "[redacted]"
        assert redact_value("event", {"inner": [{name: {"deep": "some words"}}]}) == {"inner": [{name: "[redacted]"}]}

    @pytest.mark.parametrize("name", ["input_tokens", "job", "status", "reason", "route", "tenant", "seconds", "check"])
    def test_kept(self, name: str) -> None:
        assert redact_value(name, 5) == 5
        assert redact_value(name, "word") == "word"

    def test_objects_do_not_speak_for_themselves(self) -> None:
        class Customer:
            def __repr__(self) -> str:
                return "Jane Doe"

        assert redact_value("who", Customer()) == "<Customer>"
        assert redact_value("raw", b"Jane Doe") == "[redacted]"
        assert redact_value("data", b"Jane Doe") == "<8 bytes>"

    def test_depth(self) -> None:
        value: Any = "x"
        for _ in range(100):
            value = [value]
        assert "redacted" in json.dumps(redact_value("list", value))


class TestExceptions:
    def failing(self) -> ValueError:
        try:
            try:
                raise KeyError("Jane Doe")
            except KeyError as error:
                raise ValueError("jane@example.com") from error
        except ValueError as error:
            return error

    def test_lines(self) -> None:
        lines = exception_lines(self.failing())
        assert [line for line in lines if ":" not in line] == ["KeyError", "ValueError"]
        assert any(line.endswith(" failing") for line in lines)
        assert "ane" not in " ".join(lines)

    def test_words_of_ours_stay(self) -> None:
        assert describe(SlotTaken()) == "SlotTaken: That time was just taken. Please choose another one."
        assert describe(AttributeError("no attribute 'x'")) == "AttributeError: no attribute 'x'"

    def test_database_errors(self, database: str) -> None:
        with pytest.raises(DBAPIError) as caught, nobody().begin() as scope:
            scope.execute("select cast(:name as uuid)", name="Jane Doe")
        assert describe(caught.value) == "DataError (SQLSTATE 22P02)"


class TestLines:
    @given(email=st.emails(), phone=PHONES, secret=SECRETS, words=WORDS)
    @settings(max_examples=50)
    def test_nothing_personal_comes_out(self, email: str, phone: str, secret: str, words: str) -> None:
        stream = io.StringIO()
        observe.configure(stream=stream)
        try:
            log = structlog.get_logger("portal.test")
            log.info(
                f"for {email} at {phone}", detail=[f"{words} {email}", {"x": phone}], customer_email=email, why=secret
            )
            logging.getLogger("some.library").warning("%s and %s and %s", email, phone, secret)
            try:
                raise ValueError(f"{email} {phone} {secret}")
            except ValueError:
                log.exception("failed")
                logging.getLogger("some.library").exception("failed for %s", email)
        finally:
            observe.configure()
        for line in stream.getvalue().splitlines():
            text = "\n".join(_strings(json.loads(line)))
            assert email not in text
            assert phone not in text
            assert secret not in text

    def test_shape(self, lines: Lines) -> None:
        with observe.request("request-1", "shop"), structlog.contextvars.bound_contextvars(job="x"):
            structlog.get_logger("portal.test").warning("it_happened", count=3)
        line = lines.last()
        assert line.pop("timestamp").endswith("+00:00")
        assert line == {
            "event": "it_happened", "level": "warning", "logger": "portal.test", "count": 3, "job": "x",
            "request_id": "request-1", "tenant": "shop",
        }  # fmt: skip

    def test_request_ends(self, lines: Lines) -> None:
        with observe.request("request-1", "shop"):
            pass
        structlog.get_logger("portal.test").info("later")
        assert "request_id" not in lines.last()

    def test_standard_loggers(self, lines: Lines) -> None:
        with observe.request("request-1"):
            logging.getLogger("library.part").error("broke at %d", 5)
        line = lines.last()
        assert (line["event"], line["level"], line["logger"]) == ("broke at 5", "error", "library.part")
        assert line["request_id"] == "request-1"

    def test_bad_format_does_not_raise(self, lines: Lines) -> None:
        record = logging.LogRecord("library", logging.ERROR, __file__, 1, "%d", ("not a number",), None)
        observe.Bridge().emit(record)
        assert lines.last()["event"] == "log_failed"

    def test_loggers_with_handlers_of_their_own(self, lines: Lines) -> None:
        for name in ("_granian", "granian.access", "uvicorn"):
            assert logging.getLogger(name).handlers == []
            assert logging.getLogger(name).propagate

    def test_reflex_events_with_cookies(self, lines: Lines) -> None:
        logger = logging.getLogger("reflex_base.event.processor")
        logger.error(
            "Error processing event queue entry for Event(name='x', router_data={'headers': {'cookie': 's=1'}})"
        )
        logger.warning("Received event data as a string. Event data: hello jane")
        assert "cookie" not in lines.stream.getvalue()
        assert "jane" not in lines.stream.getvalue()
        assert lines.all()[0]["event"] == "Error processing event queue entry for Event"

    def test_reflex_tracebacks(self, lines: Lines) -> None:
        text = '[Reflex Backend Exception]\n Traceback (most recent call last):\n  File "/app/x.py", line 3, in boom\n'
        logging.getLogger("reflex.app").error(text + "    raise ValueError(name)\nValueError: Jane Doe\n")
        assert lines.last()["event"] == "Reflex Backend Exception /app/x.py:3 boom ValueError"

    def test_surrogates(self, lines: Lines) -> None:
        structlog.get_logger("portal.test").info("odd \ud800 text", value="\udfff")
        assert lines.last()["event"].startswith("odd")

    def test_closed_stream(self) -> None:
        stream = io.StringIO()
        observe.configure(stream=stream)
        stream.close()
        try:
            structlog.get_logger("portal.test").info("into the void")
        finally:
            observe.configure()


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    else:
        yield str(value)
