"""A tenant's own accounts at providers: keys are sealed in the vault and read as a worker, never as a visitor."""

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from portal.core import db, secrets
from portal.core.cache import cache
from portal.core.errors import NotConnected
from portal.providers.calcom import CalcomClient, CallBudget
from portal.providers.calcom.budget import BACKGROUND_READS

CALCOM_KEY = "calcom_api_key"
CALCOM_WEBHOOK = "calcom_webhook_secret"
TWILIO_SID = "twilio_account_sid"
TWILIO_TOKEN = "twilio_auth_token"  # noqa: S105 - a name
# What each secret is sealed for, and the column that points to it.
COLUMNS = {
    CALCOM_KEY: "cal_api_key_secret_id",
    CALCOM_WEBHOOK: "cal_webhook_secret_id",
    TWILIO_SID: "twilio_account_sid_secret_id",
    TWILIO_TOKEN: "twilio_auth_token_secret_id",
}
KEPT_SECONDS = 300
# Background work waits for its turn; nobody watches it.
BACKGROUND_WAIT_SECONDS = 15.0


@dataclass(frozen=True)
class TwilioAccount:
    """A business's own account for text messages."""

    sid: str = field(repr=False)
    auth_token: str = field(repr=False)
    messaging_service_sid: str | None


def store_calcom_key(scope: db.Scope, api_key: str) -> None:
    """Seal the key, put it into the vault and point the tenant's integrations at it."""
    stored = store(scope, CALCOM_KEY, api_key)
    scope.execute(
        "update portal.tenant_integrations set cal_api_key_secret_id = :id, updated_at = now()"
        " where tenant_id = :tenant",
        id=stored, tenant=scope.tenant_id,
    )  # fmt: skip


def store(scope: db.Scope, name: str, secret: str) -> UUID:
    """Seal a secret for this tenant and name, and put it into the vault; returns its id there."""
    sealed = secrets.seal(scope.tenant_id, name, secret)
    stored: UUID = scope.execute("select portal.store_secret(:name, :sealed)", name=name, sealed=sealed).scalar_one()
    return stored


def calcom(tenant_id: UUID) -> CalcomClient:
    """The tenant's Cal.com client. Raises NotConnected when no key is stored."""
    return cache.load(
        tenant_id, "calcom-client", KEPT_SECONDS, lambda: CalcomClient(_stored_secret(tenant_id, CALCOM_KEY))
    )


def background_calcom(tenant_id: UUID) -> CalcomClient:
    """The same for jobs: waits longer for its turn and leaves calls to customers. Raises NotConnected."""

    def make() -> CalcomClient:
        key = _stored_secret(tenant_id, CALCOM_KEY)
        budget = CallBudget.of_key(key, wait_up_to=BACKGROUND_WAIT_SECONDS, reads=BACKGROUND_READS)
        return CalcomClient(key, budget=budget)

    return cache.load(tenant_id, "calcom-background", KEPT_SECONDS, make)


def calcom_webhook_secret(tenant_id: UUID) -> str:
    """What Cal.com signs its webhooks to this tenant with. Raises NotConnected before they were registered."""
    return cache.load(tenant_id, CALCOM_WEBHOOK, KEPT_SECONDS, lambda: _stored_secret(tenant_id, CALCOM_WEBHOOK))


def kept_webhook_secret(tenant_id: UUID) -> str | None:
    """The same if this process knows it already, without asking anybody; else None."""
    return cache.get(tenant_id, CALCOM_WEBHOOK)


def twilio_account(tenant_id: UUID) -> TwilioAccount | None:
    """The tenant's own Twilio account, or None: then the platform's sends for it."""
    found = cache.load(tenant_id, "twilio-account", KEPT_SECONDS, lambda: (_twilio_account(tenant_id),))
    return found[0]


def _stored_secret(tenant_id: UUID, name: str) -> str:
    secret = _secret(tenant_id, name)
    if secret is None:
        raise NotConnected
    return secret


def _twilio_account(tenant_id: UUID) -> TwilioAccount | None:
    sid, token = _secret(tenant_id, TWILIO_SID), _secret(tenant_id, TWILIO_TOKEN)
    if sid is None or token is None:
        return None
    with db.worker(tenant_id).begin() as scope:
        service = scope.execute(
            "select twilio_messaging_service_sid from portal.tenant_integrations where tenant_id = :tenant",
            tenant=tenant_id,
        ).scalar()
    return TwilioAccount(sid, token, service)


def _secret(tenant_id: UUID, name: str) -> str | None:
    """A tenant's secret, opened; None where none is stored."""
    with db.worker(tenant_id).begin() as scope:
        sealed = scope.execute(
            f"select portal.read_secret({COLUMNS[name]}) from portal.tenant_integrations"  # noqa: S608 - our own names
            " where tenant_id = :tenant",
            tenant=tenant_id,
        ).scalar()
    return secrets.open_sealed(tenant_id, name, sealed) if sealed else None


def fingerprint(secret: str) -> str:
    """A short name for a key that tells nothing of it (log lines, rate-limit buckets)."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]
