"""Every foreign key has an index that finds its rows, and a member reads events by one policy."""

from alembic import op

revision = "0020"
down_revision = "0019"

MEMBER = "portal_member"

# Where an index led with the second column alone, it leads with the tenant now and serves both.
INDEXES = """
drop index portal.chat_messages_session;
create index chat_messages_session on portal.chat_messages (tenant_id, session_id, seq);
drop index portal.proposals_session;
create index proposals_session on portal.proposals (tenant_id, session_id, created_at);
drop index portal.booking_events_booking;
create index booking_events_booking on portal.booking_events (tenant_id, booking_id) where booking_id is not null;
create index bookings_customer on portal.bookings (tenant_id, customer_id);
create index proposals_service on portal.proposals (tenant_id, service_id);
create index slot_claims_proposal on portal.slot_claims (tenant_id, proposal_id) where proposal_id is not null;
create index slot_claims_service_id on portal.slot_claims (tenant_id, service_id);
create index slot_offers_session on portal.slot_offers (tenant_id, session_id);
create index slot_offers_service on portal.slot_offers (tenant_id, service_id);
create index tenant_services_resource on portal.tenant_services (tenant_id, resource_id);
"""
# Of no tenant: for those who run the platform, while they look at no tenant.
EVENTS = f"""
drop policy {MEMBER}_select_unattributed on portal.booking_events;
drop policy {MEMBER}_select on portal.booking_events;
create policy {MEMBER}_select on portal.booking_events for select to {MEMBER} using (
    tenant_id = (select portal.member_tenant())
    or (tenant_id is null
        and (select portal.current_tenant() is null and portal.member_role() = 'platform_admin'))
);
"""


def upgrade() -> None:
    op.execute(INDEXES)
    op.execute(EVENTS)
