"""A business's daily budget of the assistant's tokens: a visitor's share, what is kept for others, telling the owner.

Days are UTC. The database counts: see ``charge_visitor`` in ``portal/models/sql/visitors.sql``.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid5

import structlog

from portal.core import db
from portal.core.clock import now
from portal.core.settings import get_settings
from portal.domain import tenants
from portal.providers import mail

#: Taken from a visitor's share when a turn begins, and settled when it ends: more than nearly every turn costs.
TURN_RESERVE: Final = 20_000
#: A visitor's share of the day, in percent of the budget, and the least it is.
SHARE, LEAST_SHARE = 20, 100_000
#: What is left once this much is used is for those who used little so far.
NEWCOMERS_FROM, NEWCOMER_SHARE = 80, 2
#: The owner is told when this much is used.
LEVELS: Final = (80, 100)
JOB: Final = "mail_budget_notice"
MAILS: Final = UUID("a5b1d9c4-6f0e-4f43-9a44-3f2f6f0f5c1e")
SUBJECT: Final = "{business}: the assistant has used {percent} % of today's budget"
NEARLY: Final = """Hello,

the assistant of {business} has used {percent} % of its budget of {budget} tokens for today ({day}, UTC).
Visitors who asked much today are asked to use the booking form; what is left is for the others.

You can raise the budget here:

{url}
"""
SPENT: Final = """Hello,

the assistant of {business} has used up its budget of {budget} tokens for today ({day}, UTC).
Until midnight (UTC) it asks visitors to use the booking form, which works as ever.

You can raise the budget here:

{url}
"""
log = structlog.get_logger("portal.budget")


@dataclass(frozen=True)
class Shares:
    """Tokens a day: what one visitor may use, and, once ``newcomers_from`` are used, what one may have used."""

    visitor: int
    newcomer: int
    newcomers_from: int


def shares(daily: int) -> Shares:
    """How a daily budget of so many tokens is shared."""
    visitor = max(daily * SHARE // 100, LEAST_SHARE)
    newcomer = min(visitor, max(daily * NEWCOMER_SHARE // 100, 2 * TURN_RESERVE))
    return Shares(visitor, newcomer, daily * NEWCOMERS_FROM // 100)


def percent(used: int, daily: int) -> int:
    """How much of a daily budget is used, at most 100."""
    return min(100, 100 * used // daily) if daily > 0 else 100


def tell(access: db.Access, used: int) -> None:
    """Have the owner told, once a day and level, where so many tokens of today are used."""
    reached = percent(used, tenants.site(access.tenant).assistant.daily_token_budget)
    level = max((each for each in LEVELS if each <= reached), default=None)
    if level is None:
        return
    today = now().date()
    with access.begin() as scope:
        if scope.execute("select portal.mark_budget_told(:today, :level)", today=today, level=level).scalar():
            scope.enqueue(JOB, day=today, percent=level)


def mail_owners(access: db.Access, day: date, level: int) -> None:
    """Mail each admin of the business; does nothing without mail settings. Raises MailUnavailable, MailRefused."""
    if not mail.is_set_up():
        log.info("mail_not_set_up")
        return
    site, settings = tenants.site(access.tenant), get_settings()
    with access.begin() as scope:
        addresses = scope.execute("select portal.admin_addresses()").scalars().all()
    business, budget = site.profile.business_name, site.assistant.daily_token_budget
    url = f"{settings.public_url(settings.base_domain)}/admin/tenants/{site.tenant_id}/settings/assistant"
    words = {"business": business, "percent": level, "budget": f"{budget:,}", "day": f"{day:%d %B %Y}", "url": url}
    text = (SPENT if level >= max(LEVELS) else NEARLY).format(**words)
    subject = " ".join(SUBJECT.format(**words).split())
    for address in addresses:
        message_id = uuid5(MAILS, f"{site.tenant_id} {day} {level} {address}")
        mail.send(address, subject=subject, text=text, message_id=message_id)
