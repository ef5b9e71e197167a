"""One base error with code, status and sentence; a subclass for each decision a caller takes."""

from typing import Any, ClassVar


class PortalError(Exception):
    """Base of every expected failure.

    ``code`` is the wire code of the API, ``status`` its HTTP status, ``reason`` a stable snake_case word that says
    which decision to take, ``message`` a sentence for people (never holding secrets or personal data).
    """

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    reason: ClassVar[str] = "internal"
    default: ClassVar[str] = "Something went wrong on our side. Please try again."

    def __init__(self, message: str | None = None, *, details: dict[str, Any] | None = None) -> None:
        self.message = message or self.default
        self.details = details or {}
        super().__init__(self.message)

    def as_dict(self, request_id: str) -> dict[str, Any]:
        """The wire shape ``{"error": {code, message, details?, request_id}}``."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if details := ({"reason": self.reason} if self.reason != self.code.lower() else {}) | self.details:
            error["details"] = details
        return {"error": error | {"request_id": request_id}}


class InvalidArgument(PortalError):
    code, status, reason = "INVALID_ARGUMENT", 400, "invalid_argument"
    default = "The request is not valid."


class Unauthenticated(PortalError):
    code, status, reason = "UNAUTHENTICATED", 401, "unauthenticated"
    default = "Please sign in."


class Forbidden(PortalError):
    code, status, reason = "FORBIDDEN", 403, "forbidden"
    default = "You may not do that."


class NotFound(PortalError):
    code, status, reason = "NOT_FOUND", 404, "not_found"
    default = "There is nothing here."


class Conflict(PortalError):
    code, status, reason = "CONFLICT", 409, "conflict"
    default = "That no longer fits the current state."


class RateLimited(PortalError):
    code, status, reason = "RATE_LIMITED", 429, "rate_limited"
    default = "Too many requests. Please wait a moment."

    def __init__(self, message: str | None = None, *, retry_after_seconds: float = 1.0) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message, details={"retry_after_seconds": round(retry_after_seconds, 1)})


class LookedTooFar(RateLimited):
    reason = "looked_too_far"
    default = "You have looked at very many days in a short time. Please wait a moment before you look further."


class Unavailable(PortalError):
    code, status, reason = "UNAVAILABLE", 503, "unavailable"
    default = "This is unavailable right now. Please try again in a moment."


# --- Booking ---------------------------------------------------------------------------------------------------------


class ServiceNotFound(NotFound):
    reason = "service_not_found"
    default = "This service is not offered here."


class BookingNotFound(NotFound):
    reason = "booking_not_found"
    default = "No booking matches that reference and e-mail address."


class SlotTaken(Conflict):
    reason = "slot_taken"
    default = "That time was just taken. Please choose another one."


class SlotNotOffered(InvalidArgument):
    reason = "slot_not_offered"
    default = "That time is not available. Please choose another one."


class InThePast(InvalidArgument):
    reason = "in_the_past"
    default = "That time is already over. Please choose a later one."


class OutsideHours(InvalidArgument):
    reason = "outside_hours"
    default = "That time is outside the business hours."


class TimeClosed(Conflict):
    reason = "time_closed"
    default = "That time can no longer be booked. Please choose another one."


class AlreadyBooked(Conflict):
    reason = "already_signed_up"
    default = (
        "This e-mail address already has a place at that time. To book for somebody else, please use another e-mail"
        " address or choose another time."
    )


class BookingRefused(Conflict):
    reason = "booking_refused"
    default = "The calendar did not accept this. Please choose another time or contact us directly."


class ProposalExpired(Conflict):
    reason = "proposal_expired"
    default = "That request is no longer open. Please choose the time again."


class ProposalWithdrawn(ProposalExpired):
    reason = "proposal_withdrawn"
    default = "That request was taken back or replaced by another one. Please choose the time again."


class TooLateToChange(Conflict):
    reason = "too_late_to_change"
    default = "It is too late to change this booking online. Please contact us directly."


class NotChangeable(Conflict):
    reason = "not_changeable"
    default = "This booking can no longer be changed."


class NotConnected(Unavailable):
    reason = "calendar_not_connected"
    default = "Online booking is not available at the moment. Please contact us directly."


# --- Providers -------------------------------------------------------------------------------------------------------


class ProviderError(PortalError):
    """A provider did not do what was asked. ``transient`` tells a job whether trying again can help."""

    transient: ClassVar[bool] = False
    reason = "provider_error"


class ProviderRefused(ProviderError):
    """The provider understood and said no (4xx): asking again gives the same answer."""

    reason = "provider_refused"
    default = "The request was refused by an external service."

    def __init__(self, message: str | None = None, *, provider_status: int = 0, provider_code: str = "") -> None:
        self.provider_status, self.provider_code = provider_status, provider_code
        super().__init__(message)


class ProviderUnavailable(ProviderError, Unavailable):
    """The provider could not be reached or failed (5xx), and the request surely had no effect or is safe to repeat."""

    transient = True
    reason = "provider_unavailable"
    default = Unavailable.default


class OutcomeUnknown(ProviderError):
    """A change was sent and no answer came: it may have happened. Look before asking again."""

    transient = True
    reason = "outcome_unknown"
    default = "We could not confirm the result yet. We are checking."


class CalendarUnavailable(ProviderUnavailable):
    reason = "calendar_unavailable"
    default = "The calendar cannot be reached right now. Please try again in a moment."


class CalendarBusy(ProviderUnavailable):
    reason = "calendar_busy"
    default = "Very many people are looking at this calendar right now. Please try again in a minute."
