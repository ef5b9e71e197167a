"""Tables. SQLModel classes mirror the migrations; a test holds the two together."""

from portal.models.base import metadata
from portal.models.booking import Booking, Customer, Proposal, SlotClaim
from portal.models.catalog import TenantFaq, TenantResource, TenantService
from portal.models.conversation import ChatMessage, ChatSession, SlotOffer, TenantUsage, VisitorUsage
from portal.models.events import (
    AuditEntry,
    BookingEvent,
    Job,
    JobFailure,
    PeriodicRun,
    RequestIdempotency,
)
from portal.models.identity import User, UserLink, UserRecoveryCode, UserSession
from portal.models.notifications import Notification, SmsSuppression, TenantSmsSettings
from portal.models.tenancy import (
    PlatformAdmin,
    Tenant,
    TenantAiSettings,
    TenantBranding,
    TenantDomain,
    TenantIntegrations,
    TenantLogo,
    TenantMembership,
    TenantPolicies,
    TenantProfile,
)

__all__ = [
    "AuditEntry",
    "Booking",
    "BookingEvent",
    "ChatMessage",
    "ChatSession",
    "Customer",
    "Job",
    "JobFailure",
    "Notification",
    "PeriodicRun",
    "PlatformAdmin",
    "Proposal",
    "RequestIdempotency",
    "SlotClaim",
    "SlotOffer",
    "SmsSuppression",
    "Tenant",
    "TenantAiSettings",
    "TenantBranding",
    "TenantDomain",
    "TenantFaq",
    "TenantIntegrations",
    "TenantLogo",
    "TenantMembership",
    "TenantPolicies",
    "TenantProfile",
    "TenantResource",
    "TenantService",
    "TenantSmsSettings",
    "TenantUsage",
    "User",
    "UserLink",
    "UserRecoveryCode",
    "UserSession",
    "VisitorUsage",
    "metadata",
]
