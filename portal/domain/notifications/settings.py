"""How a business sends its messages, as stored; the defaults where it never said."""

from dataclasses import fields

from portal.core import db
from portal.domain.notifications.types import Registration, SmsSettings
from portal.models import TenantSmsSettings


def load(scope: db.Scope) -> SmsSettings:
    row = scope.session.get(TenantSmsSettings, scope.tenant_id)
    return SmsSettings() if row is None else of_row(row)


def of_row(row: TenantSmsSettings) -> SmsSettings:
    columns = {field.name: getattr(row, field.name) for field in fields(SmsSettings)}
    columns["reminder_hours"] = tuple(row.reminder_hours)
    columns["a2p_status"] = Registration(row.a2p_status)
    return SmsSettings(**columns)
