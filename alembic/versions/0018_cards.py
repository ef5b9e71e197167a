"""What a request's card says: when its customer agreed to texts, what a correction changed, whether texts are sent."""

from alembic import op

revision = "0018"
down_revision = "0017"

CUSTOMER, GATE = "portal_customer", "portal_gate"
DEFINER = "security definer set search_path = pg_catalog, portal"

COLUMNS = """
alter table portal.proposals add column consent_sms_at timestamptz,
    add column changes jsonb not null default '[]';
alter table portal.bookings add column consent_sms_at timestamptz;
"""
# One word of what customers may not read: whether the current business sends texts at all. A business with an account
# of its own sends by that one or not at all; the others by the platform's, if it has one.
TEXTS = f"""
create function portal.sends_texts(platform_can boolean) returns boolean language sql stable {DEFINER} as $$
    select coalesce((select s.enabled from portal.tenant_sms_settings s where s.tenant_id = portal.current_tenant()),
                    true)
       and coalesce((select i.twilio_messaging_service_sid is not null from portal.tenant_integrations i
                     where i.tenant_id = portal.current_tenant()
                       and i.twilio_account_sid_secret_id is not null
                       and i.twilio_auth_token_secret_id is not null), platform_can) $$;
revoke all on function portal.sends_texts(boolean) from public;
grant execute on function portal.sends_texts(boolean) to {CUSTOMER};
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(f"set local role {GATE}")
    op.execute(TEXTS)
    op.execute("set local role portal_owner")
