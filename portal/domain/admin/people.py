"""Names of those who acted, as their colleagues know them."""

from collections.abc import Iterable
from uuid import UUID

from portal.core import db


def names(scope: db.Scope, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Display name or e-mail of each member, former ones included; one word for the platform's people."""
    wanted = list({each for each in ids if each is not None})
    if not wanted:
        return {}
    rows = scope.execute("select user_id, name from portal.name_members(:ids)", ids=wanted).all()
    return {row.user_id: row.name for row in rows}
