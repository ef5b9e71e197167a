"""A tenant's own accounts at providers: keys are sealed in the vault and read as a worker, never as a visitor."""

import hashlib
from uuid import UUID

from portal.core import db, secrets
from portal.core.cache import cache
from portal.core.errors import NotConnected
from portal.providers.calcom import CalcomClient

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
    return cache.load(tenant_id, "calcom-client", KEPT_SECONDS, lambda: CalcomClient(_calcom_key(tenant_id)))


def _calcom_key(tenant_id: UUID) -> str:
    with db.worker(tenant_id).begin() as scope:
        sealed = scope.execute(
            "select portal.read_secret(cal_api_key_secret_id) from portal.tenant_integrations"
            " where tenant_id = :tenant and cal_api_key_secret_id is not null",
            tenant=tenant_id,
        ).scalar()
    if not sealed:
        raise NotConnected
    return secrets.open_sealed(tenant_id, CALCOM_KEY, sealed)


def fingerprint(secret: str) -> str:
    """A short name for a key that tells nothing of it (log lines, rate-limit buckets)."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]
