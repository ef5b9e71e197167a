"""Sending one e-mail over SMTP."""

import smtplib
import ssl
from email.message import EmailMessage
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from portal.core.errors import ProviderRefused, ProviderUnavailable
from portal.core.settings import get_settings

SECONDS: Final = 15.0
PORTS: Final = {"smtp": 587, "smtps": 465}


class MailUnavailable(ProviderUnavailable):
    reason = "mail_unavailable"
    default = "The mail server cannot be reached right now."


class MailRefused(ProviderRefused):
    reason = "mail_refused"
    default = "The mail server refused the message."


def is_set_up() -> bool:
    """Whether SMTP_URL and MAIL_FROM are set."""
    settings = get_settings()
    return settings.smtp_url is not None and bool(settings.mail_from)


def send(to: str, *, subject: str, text: str, message_id: UUID) -> None:
    """Hand a plain-text message to the mail server. Raises MailUnavailable (try later), MailRefused.

    A server has no idempotency key: where its answer was lost, the message may go out again. It has the same
    ``message_id`` then, by which mailboxes know it.
    """
    settings = get_settings()
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from or "", to, subject
    message["Message-ID"] = f"<{message_id}@{settings.base_domain}>"
    message.set_content(text)
    try:
        with _connect(urlsplit(settings.smtp_url.get_secret_value() if settings.smtp_url else "")) as server:
            server.send_message(message)
    except smtplib.SMTPResponseException as error:
        if 500 <= error.smtp_code < 600:
            raise MailRefused(provider_status=error.smtp_code) from error
        raise MailUnavailable from error
    except smtplib.SMTPRecipientsRefused as error:
        permanent = all(code >= 500 for code, _ in error.recipients.values())
        raise (MailRefused if permanent else MailUnavailable) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailUnavailable from error


def _connect(url: SplitResult) -> smtplib.SMTP:
    """A connection ready to send: encrypted wherever the server can, and always before a password goes over it."""
    host, port = url.hostname or "localhost", url.port or PORTS.get(url.scheme, 25)
    context = ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=SECONDS)
    try:
        if url.scheme != "smtps" and ((server.ehlo()[0] == 250 and server.has_extn("starttls")) or url.username):
            server.starttls(context=context)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server
