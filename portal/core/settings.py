"""Settings from the environment (prefix ``PORTAL_``, or the provider's own name) and ``.env``."""

from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-key-never-use-in-production"  # noqa: S105 - refused in production
ANTHROPIC_URL = "https://api.anthropic.com"
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}


def _setting(name: str, default: Any) -> Any:
    return Field(default=default, validation_alias=AliasChoices(f"PORTAL_{name}", name))


def _is_private(name: str, url: str) -> bool:
    """Whether nobody on the way can read along: https, or a model on this very machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (name == "ANTHROPIC_BASE_URL" and parts.hostname in LOOPBACK_HOSTS)


class Settings(BaseSettings):
    """Everything a deployment may set. Every name is read as ``PORTAL_<NAME>`` first, then as ``<NAME>``."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True)

    environment: Literal["development", "production"] = _setting("ENVIRONMENT", "development")
    database_url: str = _setting("DATABASE_URL", "")
    database_owner_url: str = _setting("DATABASE_OWNER_URL", "")
    database_pool_size: int = Field(20, ge=1, le=200, validation_alias=AliasChoices("PORTAL_DATABASE_POOL_SIZE"))
    redis_url: str = _setting("REDIS_URL", "")
    base_domain: str = _setting("BASE_DOMAIN", "localhost")
    port: int = _setting("PORT", 8000)
    web_workers: int = _setting("WEB_WORKERS", 1)
    queue_workers: int = _setting("QUEUE_WORKERS", 1)
    secret_key: SecretStr = _setting("SECRET_KEY", SecretStr(DEVELOPMENT_SECRET))
    # While keys are changed: what the old one sealed and signed is still read, until ``portal secrets rotate`` has run.
    secret_key_previous: SecretStr | None = _setting("SECRET_KEY_PREVIOUS", None)
    trusted_proxies: str = _setting("TRUSTED_PROXIES", "")
    sandbox: bool = _setting("SANDBOX", False)
    # Whoever scrapes /metrics from another machine sends it as a bearer token; without it only this machine may.
    metrics_token: SecretStr | None = _setting("METRICS_TOKEN", None)
    alert_webhook_url: SecretStr | None = _setting("ALERT_WEBHOOK_URL", None)
    sentry_dsn: SecretStr | None = _setting("SENTRY_DSN", None)

    calcom_base_url: str = _setting("CALCOM_BASE_URL", "https://api.cal.com/v2")
    anthropic_base_url: str = _setting("ANTHROPIC_BASE_URL", ANTHROPIC_URL)
    anthropic_api_key: SecretStr | None = _setting("ANTHROPIC_API_KEY", None)
    anthropic_model: str = _setting("ANTHROPIC_MODEL", "claude-haiku-4-5")
    stripe_base_url: str = _setting("STRIPE_BASE_URL", "https://api.stripe.com")
    stripe_api_key: SecretStr | None = _setting("STRIPE_API_KEY", None)
    stripe_webhook_secret: SecretStr | None = _setting("STRIPE_WEBHOOK_SECRET", None)
    twilio_base_url: str = _setting("TWILIO_BASE_URL", "https://api.twilio.com")
    twilio_messaging_base_url: str = _setting("TWILIO_MESSAGING_BASE_URL", "https://messaging.twilio.com")
    # The platform's own account, for businesses that have none.
    twilio_account_sid: str | None = _setting("TWILIO_ACCOUNT_SID", None)
    twilio_auth_token: SecretStr | None = _setting("TWILIO_AUTH_TOKEN", None)
    twilio_messaging_service_sid: str | None = _setting("TWILIO_MESSAGING_SERVICE_SID", None)
    cloudflare_base_url: str = _setting("CLOUDFLARE_BASE_URL", "https://api.cloudflare.com/client/v4")
    cloudflare_api_token: SecretStr | None = _setting("CLOUDFLARE_API_TOKEN", None)
    cloudflare_zone_id: str | None = _setting("CLOUDFLARE_ZONE_ID", None)
    openai_base_url: str = _setting("OPENAI_BASE_URL", "https://api.openai.com/v1")
    openai_api_key: SecretStr | None = _setting("OPENAI_API_KEY", None)
    supabase_url: str | None = _setting("SUPABASE_URL", None)
    supabase_service_key: SecretStr | None = _setting("SUPABASE_SERVICE_KEY", None)
    supabase_jwt_secret: SecretStr | None = _setting("SUPABASE_JWT_SECRET", None)
    smtp_url: SecretStr | None = _setting("SMTP_URL", None)
    mail_from: str | None = _setting("MAIL_FROM", None)

    @property
    def is_local(self) -> bool:
        """Whether sites are served at ``*.localhost`` from this machine."""
        return self.base_domain == "localhost" or self.base_domain.endswith(".localhost")

    @property
    def has_own_model(self) -> bool:
        """Whether the model is on a server of one's own that speaks Anthropic's protocol and asks for no key."""
        return self.anthropic_api_key is None and self.anthropic_base_url != ANTHROPIC_URL

    @property
    def public_scheme(self) -> str:
        return "http" if self.is_local else "https"

    def public_url(self, host: str) -> str:
        """Address of a site on ``host`` (a bare host name), with our port where no proxy stands in front."""
        return f"http://{host}:{self.port}" if self.is_local else f"https://{host}"

    @model_validator(mode="after")
    def refuse_unsafe_production(self) -> "Settings":
        if self.environment == "production" and (faults := self._production_faults()):
            raise ValueError("unsafe for production: " + "; ".join(faults))
        return self

    def _production_faults(self) -> list[str]:
        faults = []
        secret = self.secret_key.get_secret_value()
        if secret == DEVELOPMENT_SECRET or len(secret) < 32:
            faults.append("SECRET_KEY must be set to at least 32 random characters")
        if self.is_local:
            faults.append("BASE_DOMAIN must be a real domain")
        if not self.database_url or not self.redis_url:
            faults.append("DATABASE_URL and REDIS_URL must be set")
        if self.anthropic_api_key is None and not self.has_own_model:
            faults.append("ANTHROPIC_API_KEY must be set")
        if self.sandbox:
            faults.append("SANDBOX must be off")
        if self.supabase_url and self.supabase_service_key is None:
            faults.append("SUPABASE_SERVICE_KEY must be set together with SUPABASE_URL")
        if self.smtp_url is not None and not self.mail_from:
            faults.append("MAIL_FROM must be set together with SMTP_URL")
        twilio = (self.twilio_account_sid, self.twilio_auth_token, self.twilio_messaging_service_sid)
        if any(twilio) and not all(twilio):
            faults.append("TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_MESSAGING_SERVICE_SID go together")
        faults += [f"{name} must be https" for name, url in self._provider_urls() if not _is_private(name, url)]
        return faults

    def _provider_urls(self) -> list[tuple[str, str]]:
        names = ("calcom", "anthropic", "stripe", "twilio", "twilio_messaging", "cloudflare", "openai")
        found = [(f"{name.upper()}_BASE_URL", getattr(self, f"{name}_base_url")) for name in names]
        return found + ([("SUPABASE_URL", self.supabase_url)] if self.supabase_url else [])


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read once. Raises ValidationError naming the bad setting, never its value."""
    return Settings()
