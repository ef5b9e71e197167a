"""A tenant's own accounts at providers: keys are sealed in the vault and read as a worker, never as a visitor."""

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from portal.core import db, secrets, tenant
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
log = structlog.get_logger("portal.integrations")
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


def calcom(tenant_id: UUID, *, visitor: str | None = None) -> CalcomClient:
    """The tenant's Cal.com client. Raises NotConnected when no key is stored, or Cal.com refused the stored one.

    ``visitor`` names who only looks around: they have a share of the key's calls.

    A revoked key is still shown free times there for up to an hour: once a booking was refused, nothing is asked with
    it any more, until it is changed or ``calendar_sync.check`` finds it accepted.
    """
    key = _calcom_key(tenant_id)
    if key.is_refused:
        raise NotConnected
    return key.client.for_visitor(visitor) if visitor else key.client


def background_calcom(tenant_id: UUID, *, even_if_refused: bool = False) -> CalcomClient:
    """The same for jobs: waits longer for its turn and leaves calls to customers. Raises NotConnected."""
    key = _calcom_key(tenant_id)
    if key.is_refused and not even_if_refused:
        raise NotConnected
    return key.background


def calcom_to_check(tenant_id: UUID) -> CalcomClient:
    """The client of the stored key, whatever is known of it. Raises NotConnected when no key is stored."""
    return _calcom_key(tenant_id).client


@dataclass(frozen=True)
class _CalcomKey:
    client: CalcomClient
    background: CalcomClient
    is_refused: bool


def _calcom_key(tenant_id: UUID) -> _CalcomKey:
    return cache.load(tenant_id, CALCOM_KEY, KEPT_SECONDS, lambda: _load_calcom_key(tenant_id))


def _load_calcom_key(tenant_id: UUID) -> _CalcomKey:
    with db.worker(tenant_id).begin() as scope:
        row = scope.execute(
            "select cal_api_key_secret_id as id, cal_key_refused_at as refused_at,"
            " portal.read_secret(cal_api_key_secret_id) as sealed"
            " from portal.tenant_integrations where tenant_id = :tenant",
            tenant=tenant_id,
        ).one_or_none()  # fmt: skip
    if row is None or row.sealed is None:
        raise NotConnected
    key = secrets.open_sealed(tenant_id, CALCOM_KEY, row.sealed)
    background = CallBudget.of_key(key, wait_up_to=BACKGROUND_WAIT_SECONDS, reads=BACKGROUND_READS)

    def note() -> None:
        _note_refused(tenant_id, row.id)

    return _CalcomKey(
        CalcomClient(key, on_key_refused=note),
        CalcomClient(key, budget=background, on_key_refused=note),
        row.refused_at is not None,
    )


def _note_refused(tenant_id: UUID, secret_id: UUID) -> None:
    """From now on nothing is offered; the owner is told once. A key that was replaced meanwhile changes nothing."""
    with db.worker(tenant_id).begin() as scope:
        is_news = scope.execute(
            "update portal.tenant_integrations set cal_key_refused_at = now()"
            " where tenant_id = :tenant and cal_api_key_secret_id = :secret and cal_key_refused_at is null",
            tenant=tenant_id, secret=secret_id,
        ).rowcount  # fmt: skip
        if is_news:
            log.warning("calendar_key_refused", tenant_id=str(tenant_id))
            scope.audit(
                "integration.calcom_key_refused", actor_type="system", target_type="integration",
                target_id=str(tenant_id), details={},
            )  # fmt: skip
            scope.enqueue("mail_owners", dedup_key="calcom_key_refused", notice="calcom_key_refused")
            scope.after_commit(lambda: tenant.forget(tenant_id))


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
