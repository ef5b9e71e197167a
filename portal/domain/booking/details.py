"""Everything that a proposal will store, in the words of the card on which its customer says yes to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from portal.core import clock, db
from portal.core.errors import ProposalExpired
from portal.core.settings import get_settings
from portal.domain import phrases, tenants
from portal.domain.booking.types import Kind, ProposalState
from portal.domain.tenants import Site
from portal.models import Proposal

#: The fields whose change is shown as one, in the order of the card.
SHOWN = ("service", "when", "price", "name", "email", "phone", "notes")


@dataclass(frozen=True)
class Change:
    """One field that a correction changed; an empty text: there was or is nothing."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Details:
    """A proposal's card. Texts are empty where there is nothing to say.

    ``when`` and ``previous_when`` name day, time and zone. ``consent_sms`` is None where texts are not to be asked
    about: without a phone number, or at a business that sends none.
    """

    service: str
    when: str
    previous_when: str
    price: str
    name: str
    email: str
    phone: str
    notes: str
    consent_sms: bool | None
    is_editable: bool
    changes: tuple[Change, ...] = ()


def details(access: db.Access, proposal_id: UUID) -> Details:
    """What this proposal of the asker's conversation or booking will store. Raises ProposalExpired for another's."""
    with access.begin() as scope:
        row = scope.session.get(Proposal, proposal_id)
        if row is None or row.tenant_id != access.tenant:
            raise ProposalExpired
        return of(tenants.site(access.tenant), row, texts=sends_texts(scope))


def of(site: Site, row: Proposal, *, texts: bool = False) -> Details:
    """The card of a proposal; ``texts``: the business sends them."""
    zone = site.profile.timezone
    service = next((each for each in site.services if each.id == row.service_id), None)
    is_new = row.kind == Kind.CREATE
    priced = is_new and service is not None and service.price_cents is not None
    return Details(
        service=service.name if service else "Appointment",
        when=phrases.long_time(row.start_time, zone, row.end_time) if row.start_time else "",
        previous_when=phrases.long_time(row.previous_start, zone) if row.previous_start else "",
        price=phrases.money(service.price_cents or 0, service.currency) if priced and service else "",
        name=row.attendee_name or "",
        email=row.attendee_email or "",
        phone=row.attendee_phone or "",
        notes=row.notes or "",
        consent_sms=row.consent_sms if is_new and texts and row.attendee_phone else None,
        is_editable=is_new and row.session_id is not None,
        changes=tuple(Change(**each) for each in row.changes),
    )


def sends_texts(scope: db.Scope) -> bool:
    """Whether the scope's business sends text messages at all."""
    platform = get_settings().twilio_messaging_service_sid is not None
    return bool(scope.execute("select portal.sends_texts(:platform)", platform=platform).scalar())


def contacts_given(access: db.Access) -> list[str]:
    """Names, addresses and numbers in this conversation's own proposals: given, corrected or proven by its customer."""
    with access.begin() as scope:
        rows = scope.execute(
            "select attendee_name, attendee_email, attendee_phone from portal.proposals"
            " where tenant_id = :tenant and session_id = :session",
            tenant=access.tenant, session=access.session_id,
        ).all()  # fmt: skip
    return [text for row in rows for text in row if text]


def changes_between(earlier: Details, later: Details) -> list[dict[str, Any]]:
    """As kept with a proposal."""
    return list(_changes(earlier, later))


def take_over(access: db.Access, site: Site, proposal: Proposal) -> None:
    """Let a new proposal say what it changes of the one of its kind that its conversation has open.

    A consent that the customer gave there stands for the same number.
    """
    if access.session_id is None:
        return
    with access.begin() as scope:
        waiting = (
            select(Proposal)
            .where(
                Proposal.session_id == access.session_id,
                Proposal.kind == proposal.kind,
                Proposal.state == ProposalState.WAITING,
                col(Proposal.expires_at) > clock.now(),
            )
            .order_by(col(Proposal.created_at).desc())
        )
        earlier = scope.session.exec(waiting).first()
        if earlier is None:
            return
        proposal.changes = changes_between(of(site, earlier), of(site, proposal))
        if earlier.consent_sms and earlier.attendee_phone == proposal.attendee_phone:
            proposal.consent_sms, proposal.consent_sms_at = True, earlier.consent_sms_at


def _changes(earlier: Details, later: Details) -> Iterator[dict[str, Any]]:
    for field in SHOWN:
        old, new = getattr(earlier, field), getattr(later, field)
        if old != new:
            yield {"field": field, "old": old, "new": new}
