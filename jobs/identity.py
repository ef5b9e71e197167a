"""Mailing links to people who sign in, and clearing old sessions and links away."""

from uuid import UUID

from portal.core.queue import Run, job
from portal.domain.accounts import mail_link, owner_mail


@job("mail_account_link")
def mail_account_link(run: Run) -> None:
    """Mail an invitation or a link for a new password, if mail is set up and the link can still be used.

    At least once: a worker that dies after the mail server took it leaves it to be mailed again. Two mails carry the
    same link, which works once; none at all would leave somebody waiting.
    """
    mail_link(UUID(run.args["link_id"]))


@job("mail_owners")
def mail_owners(run: Run) -> None:
    """Mail those who run a business a notice, at least once."""
    owner_mail.mail_owners(run.access, run.args["notice"], run.job_id)


@job("sweep_identity", every_minutes=60)
def sweep_identity(run: Run) -> None:
    """Delete sessions and links that ended a month ago."""
    with run.access.begin() as scope:
        scope.execute("select portal.sweep_identity()")
