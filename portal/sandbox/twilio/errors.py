"""Twilio's error shape, and the codes that this stand-in answers with."""

from __future__ import annotations

from typing import Any

STATUSES = {20003: 401, 20005: 403, 20404: 404, 20429: 429}
"""All others are 400."""
SENTENCES = {
    20003: "Authenticate",
    20005: "Account not active",
    20404: "The requested resource {what} was not found",
    20429: "Too Many Requests",
    21211: "Invalid 'To' Phone Number: {what}",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {what}",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number provided ({what}) is not a message-capable Twilio phone number.",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "The 'To' phone number: {what}, is not currently reachable using the 'From' phone number via SMS",
    21614: "To number: {what}, is not a mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21635: "'To' number {what} cannot be a landline",
    21701: "The Messaging Service does not exist",
    21703: "The Messaging Service contains no phone numbers",
}
DELIVERY_ERRORS = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30034: "Message from an Unregistered Number",
}
"""What becomes of a message later, told by its status callback."""


class TwilioError(Exception):
    """An answer other than success. `what` is the number, sid or path that the sentence speaks of."""

    def __init__(self, code: int, what: str = "") -> None:
        super().__init__(str(code))
        self.code = code
        self.status = STATUSES.get(code, 400)
        self.message = SENTENCES.get(code, "Refused").format(what=what)

    def body(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
