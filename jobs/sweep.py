"""Periodic work of the whole platform."""

from portal.core import db
from portal.core.queue import Run, job


@job("sweep_expired", every_minutes=1)
def sweep_expired(run: Run) -> None:
    """Expire proposals, claims, offers, keys and counts of visitors, and have cut-off executions settled."""
    with run.access.begin() as scope:
        scope.execute("select portal.forget_visitors()")
        stuck = scope.execute("select tenant_id, proposal_id from portal.sweep_expired()").all()
    for tenant_id, proposal_id in stuck:
        with db.worker(tenant_id).begin() as scope:
            scope.enqueue("settle_proposal", dedup_key=str(proposal_id), proposal_id=proposal_id)
