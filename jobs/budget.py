"""Telling a business how much of the assistant's budget is used."""

from datetime import date

from portal.core.queue import Run, job
from portal.domain import budget


@job("mail_budget_notice")
def mail_budget_notice(run: Run) -> None:
    """Mail a business's admins that much of the day's budget is used, or all of it.

    At least once: a worker that dies between two mails sends the first again, under the same id.
    """
    budget.mail_owners(run.access, date.fromisoformat(run.args["day"]), int(run.args["percent"]))
