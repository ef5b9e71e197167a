"""What a deployment may not set."""

from typing import Any

import pytest
from pydantic import ValidationError

from portal.core.settings import Settings

GOOD: dict[str, Any] = {
    "ENVIRONMENT": "production", "SECRET_KEY": "k" * 40, "BASE_DOMAIN": "example.com", "ANTHROPIC_API_KEY": "key",
    "DATABASE_URL": "postgresql://db/portal", "REDIS_URL": "redis://redis/0",
}  # fmt: skip
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "0" * 32,
    "TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32,
}


class TestProduction:
    def test_good(self) -> None:
        assert Settings(_env_file=None, **GOOD).twilio_auth_token is None
        assert Settings(_env_file=None, **GOOD, **TWILIO).twilio_account_sid == TWILIO["TWILIO_ACCOUNT_SID"]

    @pytest.mark.parametrize("missing", list(TWILIO))
    def test_half_a_twilio_account(self, missing: str) -> None:
        half = {name: value for name, value in TWILIO.items() if name != missing}
        with pytest.raises(ValidationError, match="go together") as refused:
            Settings(_env_file=None, **GOOD, **half)
        assert "0" * 32 not in str(refused.value)

    def test_messages_go_over_https(self) -> None:
        with pytest.raises(ValidationError, match="TWILIO_MESSAGING_BASE_URL must be https"):
            Settings(_env_file=None, **GOOD, TWILIO_MESSAGING_BASE_URL="http://messaging.twilio.com")

    def test_own_model_needs_no_key(self) -> None:
        without = {name: value for name, value in GOOD.items() if name != "ANTHROPIC_API_KEY"}
        with pytest.raises(ValidationError, match="ANTHROPIC_API_KEY must be set"):
            Settings(_env_file=None, **without)
        assert Settings(_env_file=None, **without, ANTHROPIC_BASE_URL="http://127.0.0.1:11434").has_own_model
        assert Settings(_env_file=None, **without, ANTHROPIC_BASE_URL="https://models.example.com").has_own_model

    def test_own_model_elsewhere_is_asked_over_https(self) -> None:
        with pytest.raises(ValidationError, match="ANTHROPIC_BASE_URL must be https"):
            Settings(_env_file=None, **GOOD, ANTHROPIC_BASE_URL="http://models.example.com")
