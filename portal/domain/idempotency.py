"""Doing something once per key, whatever the network does to the asker.

A row holds the key, what was asked (a hash) and the answer. Whoever inserts it, or finds its lease over, does the work;
others get the stored answer or StillRunning. The work itself must be repeatable under the same key: after a crash
between its effect and the stored answer it is done again.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from portal.core.db import Access, Scope
from portal.core.errors import Conflict, InvalidArgument, PortalError, RateLimited

# Longer than any keyed work takes, its provider's hanging included.
LEASE_SECONDS = 120
# Stored instead of a hash after a refused request: the key may be used again, with any body.
ANY_REQUEST = ""


class KeyReused(Conflict):
    reason = "idempotency_key_reused"
    default = "This Idempotency-Key was used for another request."


class StillRunning(Conflict):
    reason = "request_in_progress"
    default = "The same request is still being worked on. Please try again in a moment."


@dataclass(frozen=True)
class Answer:
    """What the asker gets: an HTTP status and a JSON body. Only a ``final`` answer is kept."""

    status: int
    body: dict[str, Any]
    final: bool = True


@dataclass(frozen=True)
class Asked:
    """One keyed request: ``purpose`` names the kind of work, ``request_hash`` what was asked."""

    access: Access
    purpose: str
    key: str
    request_hash: str


def fingerprint(request: Any) -> str:
    """Hash of a JSON value; the order of its keys does not matter."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def perform(access: Access, *, purpose: str, key: str, request_hash: str, act: Callable[[], Answer]) -> Answer:
    """The stored answer of this key, or the one that ``act`` gives now.

    A failure that asking again cannot change (409, 404) is an answer too: its body is ``{"error": …}`` without a
    request id. Raises KeyReused, StillRunning, and whatever else ``act`` raises, after which the key is free again.
    """
    asked = Asked(replace(access, request_key=key), purpose, key, request_hash)
    claimed = _claim(asked)
    if isinstance(claimed, Answer):
        return claimed
    try:
        answer = act()
    except PortalError as error:
        if not _is_final(error):
            _release(asked, claimed, forget=isinstance(error, InvalidArgument))
            raise
        answer = Answer(error.status, error.as_dict(""))
    except BaseException:
        _release(asked, claimed)
        raise
    if answer.final:
        _store(asked, claimed, answer)
    else:
        _release(asked, claimed)
    return answer


def _is_final(error: PortalError) -> bool:
    return 400 <= error.status < 500 and not isinstance(error, InvalidArgument | RateLimited)


def _claim(asked: Asked) -> Answer | datetime:
    """The stored answer, or the end of the lease that is now ours. Raises KeyReused, StillRunning."""
    with asked.access.begin() as scope:
        if (lease := _insert(scope, asked) or _take_over(scope, asked)) is not None:
            return lease
        row = scope.execute(
            "select request_hash, status_code, response from portal.request_idempotency"
            " where tenant_id = :tenant and scope = :purpose and key = :key",
            tenant=scope.tenant_id, purpose=asked.purpose, key=asked.key,
        ).one()  # fmt: skip
    if row.request_hash not in (asked.request_hash, ANY_REQUEST):
        raise KeyReused
    if row.status_code is None:
        raise StillRunning
    return Answer(row.status_code, row.response)


def _insert(scope: Scope, asked: Asked) -> datetime | None:
    lease: datetime | None = scope.execute(
        "insert into portal.request_idempotency (tenant_id, scope, key, request_hash, locked_until)"
        " values (:tenant, :purpose, :key, :hash, clock_timestamp() + make_interval(secs => :lease))"
        " on conflict (tenant_id, scope, key) do nothing returning locked_until",
        tenant=scope.tenant_id, purpose=asked.purpose, key=asked.key, hash=asked.request_hash, lease=LEASE_SECONDS,
    ).scalar()  # fmt: skip
    return lease


def _take_over(scope: Scope, asked: Asked) -> datetime | None:
    """Nobody works on it: it was released, or its worker died."""
    lease: datetime | None = scope.execute(
        "update portal.request_idempotency set request_hash = :hash,"
        " locked_until = clock_timestamp() + make_interval(secs => :lease)"
        " where tenant_id = :tenant and scope = :purpose and key = :key and status_code is null"
        " and request_hash in (:hash, :any) and (locked_until is null or locked_until < clock_timestamp())"
        " returning locked_until",
        tenant=scope.tenant_id, purpose=asked.purpose, key=asked.key, hash=asked.request_hash, any=ANY_REQUEST,
        lease=LEASE_SECONDS,
    ).scalar()  # fmt: skip
    return lease


def _store(asked: Asked, lease: datetime, answer: Answer) -> None:
    """Keep the answer, unless our lease ran out and another took the work over: then theirs counts."""
    with asked.access.begin() as scope:
        scope.execute(
            "update portal.request_idempotency set status_code = :status, response = cast(:body as jsonb),"
            " locked_until = null"
            " where tenant_id = :tenant and scope = :purpose and key = :key and locked_until = :lease",
            tenant=scope.tenant_id, purpose=asked.purpose, key=asked.key, lease=lease, status=answer.status,
            body=json.dumps(answer.body),
        )  # fmt: skip


def _release(asked: Asked, lease: datetime, *, forget: bool = False) -> None:
    with asked.access.begin() as scope:
        scope.execute(
            "update portal.request_idempotency set locked_until = null, request_hash = :hash"
            " where tenant_id = :tenant and scope = :purpose and key = :key and locked_until = :lease",
            tenant=scope.tenant_id, purpose=asked.purpose, key=asked.key, lease=lease,
            hash=ANY_REQUEST if forget else asked.request_hash,
        )  # fmt: skip
