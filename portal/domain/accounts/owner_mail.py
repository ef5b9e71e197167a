"""Mails to those who run a business, about something only they can mend."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

import structlog

from portal.core import db
from portal.core.settings import get_settings
from portal.providers import mail


@dataclass(frozen=True)
class Notice:
    subject: str
    text: str


NOTICES: Final = {
    "calcom_key_refused": Notice(
        "Online booking is paused",
        """Hello,

Cal.com does not accept the API key of {business} any more.
Until there is a new one, nothing can be booked, moved or cancelled online.

Make a key in Cal.com (Settings, Developer, API keys) and enter it here under Settings, Integrations:

{url}
""",
    ),
}
log = structlog.get_logger("portal.accounts")


def mail_owners(access: db.Access, notice: str, message_id: UUID) -> None:
    """Mail a notice to each of the tenant's admins; does nothing without mail settings.

    Repeated under the same ``message_id`` it carries the same ids. Raises MailUnavailable, MailRefused.
    """
    if not mail.is_set_up():
        log.info("mail_not_set_up")
        return
    settings = get_settings()
    url = f"{settings.public_url(settings.base_domain)}/admin/tenants/{access.tenant}/settings/integrations"
    with access.begin() as scope:
        owners = scope.execute("select * from portal.owners_to_mail()").all()
    for owner in owners:
        business = owner.business_name or settings.base_domain
        text = NOTICES[notice].text.format(business=business, url=url)
        subject = " ".join(f"{NOTICES[notice].subject}: {business}".split())
        mail.send(owner.email, subject=subject, text=text, message_id=uuid5(message_id, str(owner.user_id)))
