"""Mails to those who run a business, about something only they can mend."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

import structlog

from portal.core import db
from portal.core.settings import get_settings
from portal.providers import mail


@dataclass(frozen=True)
class Notice:
    """What a mail says; ``page``, below the business's address in the dashboard, is where it is mended."""

    subject: str
    page: str
    text: str


NOTICES: Final = {
    "calcom_key_refused": Notice(
        "Online booking is paused: {business}",
        "settings/integrations",
        """Hello,

Cal.com does not accept the API key of {business} any more.
Until there is a new one, nothing can be booked, moved or cancelled online.

Make a key in Cal.com (Settings, Developer, API keys) and enter it here under Settings, Integrations:

{url}
""",
    ),
    "budget_nearly_used": Notice(
        "{business}: the assistant has used {percent} % of today's budget",
        "settings/assistant",
        """Hello,

the assistant of {business} has used {percent} % of its budget of {budget} tokens for today ({day}, UTC).
Visitors who asked much today are asked to use the booking form; what is left is for the others.

You can raise the budget here:

{url}
""",
    ),
    "budget_used": Notice(
        "{business}: the assistant has used today's budget",
        "settings/assistant",
        """Hello,

the assistant of {business} has used up its budget of {budget} tokens for today ({day}, UTC).
Until midnight (UTC) it asks visitors to use the booking form, which works as ever.

You can raise the budget here:

{url}
""",
    ),
}
log = structlog.get_logger("portal.accounts")


def mail_owners(access: db.Access, notice: str, facts: Mapping[str, str], message_id: UUID) -> None:
    """Mail a notice to each of the tenant's admins; does nothing without mail settings. ``facts`` are its figures.

    Repeated under the same ``message_id`` it carries the same ids. Raises MailUnavailable, MailRefused.
    """
    if not mail.is_set_up():
        log.info("mail_not_set_up")
        return
    settings, said = get_settings(), NOTICES[notice]
    url = f"{settings.public_url(settings.base_domain)}/admin/tenants/{access.tenant}/{said.page}"
    with access.begin() as scope:
        owners = scope.execute("select * from portal.owners_to_mail()").all()
    for owner in owners:
        words = {**facts, "business": owner.business_name or settings.base_domain, "url": url}
        subject = " ".join(said.subject.format(**words).split())
        own_id = uuid5(message_id, str(owner.user_id))
        mail.send(owner.email, subject=subject, text=said.text.format(**words), message_id=own_id)
