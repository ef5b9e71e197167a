"""The mails that carry a link."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog

from portal.core import db
from portal.core.settings import get_settings
from portal.domain.accounts.links import Purpose, url_of
from portal.providers import mail

INVITED: Final = """Hello,

you are invited to help run {business} on its booking portal.
Open this link to join:

{url}

It works once, until {until} (UTC). If you did not expect it, you can ignore this message.
"""
RESET: Final = """Hello,

somebody asked for a new password for your account at {business}.
Open this link to choose one:

{url}

It works once, until {until} (UTC). If it was not you, you can ignore this message: nothing has changed.
"""
TRIES: Final = """Hello,

somebody tried to sign in to your account at {portal} many times with wrong passwords. None of these tries got in.

Nothing is locked: a browser you signed in with before works as ever. At a new one you may be asked to wait for a
quarter of an hour; choosing a new password there works at once:

{url}

If these were not your own tries, turn the second factor on under Your account.
"""
log = structlog.get_logger("portal.accounts")


def mail_link(link_id: UUID) -> None:
    """Mail a link to whom it is for; does nothing without mail settings, or when the link is used, revoked or gone.

    Raises MailUnavailable, MailRefused.
    """
    if not mail.is_set_up():
        log.info("mail_not_set_up")
        return
    with db.identity().begin() as scope:
        row = scope.execute("select * from portal.link_to_mail(:id)", id=link_id).one_or_none()
    if row is None:
        return
    purpose, business = Purpose(row.purpose), row.business_name or get_settings().base_domain
    text = (INVITED if purpose is Purpose.INVITE else RESET).format(
        business=business, url=url_of(link_id, purpose), until=_words(row.expires_at)
    )
    subject = f"Join {business}" if purpose is Purpose.INVITE else "Choose a new password"
    mail.send(row.email, subject=" ".join(subject.split()), text=text, message_id=link_id)


def mail_of_tries(user_id: UUID, *, message_id: UUID) -> None:
    """Tell somebody of failed tries to sign in as them; does nothing without mail settings, or for nobody.

    Raises MailUnavailable, MailRefused.
    """
    if not mail.is_set_up():
        log.info("mail_not_set_up")
        return
    with db.identity().begin() as scope:
        email = scope.execute("select email from portal.account_of(:user)", user=user_id).scalar()
    if email is None:
        return
    settings = get_settings()
    url = f"{settings.public_url(settings.base_domain)}/admin/forgotten"
    text = TRIES.format(portal=settings.base_domain, url=url)
    mail.send(email, subject="Many failed tries to sign in", text=text, message_id=message_id)


def _words(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %B %Y, %H:%M}"
