"""A customer's own corrections of a proposal that waits for them: whom it is for, and whether they want texts."""

from dataclasses import dataclass
from uuid import UUID

from portal.core import clock, db
from portal.core.errors import InvalidArgument, ProposalExpired
from portal.domain import tenants
from portal.domain.booking import contact, proposals
from portal.domain.booking.details import Details, changes_between, of, sends_texts
from portal.domain.booking.types import Kind, ProposalState
from portal.models import Proposal

NO_PHONE = "Please add a phone number to get text messages."
NO_TEXTS = "Text messages are not sent here."


@dataclass(frozen=True)
class Correction:
    """What to change, as typed: None leaves a field as it is, an empty phone or note removes it."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    notes: str | None = None
    consent_sms: bool | None = None

    @property
    def has_texts(self) -> bool:
        """Whether more than the consent is to change."""
        return any(text is not None for text in (self.name, self.email, self.phone, self.notes))


def correct(access: db.Access, proposal_id: UUID, correction: Correction) -> Details:
    """Change a waiting proposal of the asker's conversation to book; returns its card, with what was changed on it.

    Raises InvalidArgument (with ``details.field``), and ProposalExpired for one that is decided, over, another's, or
    books nothing new. A consent belongs to the number it was given for: a new number asks for a new one.
    """
    with access.begin() as scope:
        row = proposals.load(scope, proposal_id, lock=True)
        if not _is_open(access, row):
            raise ProposalExpired
        site, texts = tenants.site(access.tenant), sends_texts(scope)
        before = of(site, row)
        _apply(row, correction, country=site.profile.country, texts=texts)
        if correction.has_texts:
            row.changes = changes_between(before, of(site, row))
        scope.session.add(row)
        scope.session.flush()
        return of(site, row, texts=texts)


def _is_open(access: db.Access, row: Proposal) -> bool:
    is_own = access.session_id is not None and row.session_id == access.session_id
    is_waiting = row.state == ProposalState.WAITING and row.expires_at > clock.now()
    return is_own and is_waiting and row.kind == Kind.CREATE


def _apply(row: Proposal, wanted: Correction, *, country: str, texts: bool) -> None:
    if wanted.name is not None:
        row.attendee_name = contact.clean_name(wanted.name)
    if wanted.email is not None:
        row.attendee_email = contact.clean_email(wanted.email)
    if wanted.phone is not None:
        phone = contact.clean_phone(wanted.phone, country=country)
        if phone != row.attendee_phone:
            row.attendee_phone = phone
            _consent(row, False)
    if wanted.notes is not None:
        row.notes = contact.clean_notes(wanted.notes)
    if wanted.consent_sms is not None:
        if wanted.consent_sms and not (row.attendee_phone and texts):
            raise InvalidArgument(NO_TEXTS if row.attendee_phone else NO_PHONE, details={"field": "consent_sms"})
        _consent(row, wanted.consent_sms)


def _consent(row: Proposal, given: bool) -> None:
    """The time of a consent is that of the first tick that stands."""
    if given is not row.consent_sms:
        row.consent_sms, row.consent_sms_at = given, clock.now() if given else None
