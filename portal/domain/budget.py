"""A business's daily budget of the assistant's tokens: a visitor's share, what is kept for others, telling the owner.

Days are UTC. The database counts: see ``charge_visitor`` in ``portal/models/sql/visitors.sql``.
"""

from dataclasses import dataclass
from typing import Final

from portal.core import db
from portal.core.clock import now
from portal.domain import tenants

#: Taken from a visitor's share when a turn begins, and settled when it ends: more than nearly every turn costs.
TURN_RESERVE: Final = 20_000
#: A visitor's share of the day, in percent of the budget, and the least it is.
SHARE, LEAST_SHARE = 20, 100_000
#: What is left once this much is used is for those who used little so far.
NEWCOMERS_FROM, NEWCOMER_SHARE = 80, 2
#: The owner is told when this much is used.
NOTICES: Final = {80: "budget_nearly_used", 100: "budget_used"}
LEVELS: Final = tuple(NOTICES)


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
    daily = tenants.site(access.tenant).assistant.daily_token_budget
    reached = percent(used, daily)
    level = max((each for each in LEVELS if each <= reached), default=None)
    if level is None:
        return
    today = now().date()
    with access.begin() as scope:
        if scope.execute("select portal.mark_budget_told(:today, :level)", today=today, level=level).scalar():
            scope.enqueue(
                "mail_owners", notice=NOTICES[level], percent=str(level), budget=f"{daily:,}", day=f"{today:%d %B %Y}"
            )
