"""Privacy notice and terms for tenants that have not written their own."""

from portal.domain.tenants import Profile
from portal.web.contacts import readable_phone

Sections = tuple[tuple[str, str], ...]


def privacy_sections(profile: Profile) -> Sections:
    """Heading and text of each part."""
    name = profile.business_name
    return (
        (
            "Who is responsible",
            f"{name} is responsible for the personal information you give on this site.{_contact(profile)}",
        ),
        (
            "What we collect",
            "When you book we ask for your name, e-mail address and, if you like, a phone number and a note. When "
            "you chat, we keep the conversation so that it can continue where you left it. We also record technical "
            "details such as the time of a request, to keep the site secure.",
        ),
        (
            "What we use it for",
            "We use it to make, change and remember your appointments, to answer your questions and to send you the "
            "confirmations and reminders that belong to a booking. We do not sell it, and we do not use it for "
            "advertising.",
        ),
        (
            "The chat assistant",
            "Chat messages are answered with the help of an automated assistant run by a service provider on our "
            "behalf. Please do not write health details, card numbers or other sensitive information in the chat. "
            "You can always book without it.",
        ),
        (
            "Who else sees it",
            "Only the providers we need for this service: scheduling, hosting, messages and, where you pay online, "
            "payment. They act on our instructions.",
        ),
        (
            "Text messages",
            "We send text messages only if you agreed to them. Reply STOP to any message to end them.",
        ),
        (
            "How long we keep it, and your rights",
            "We keep bookings as long as the law and our records require, and conversations for a limited time. You "
            f"can ask us for a copy, a correction or the deletion of your information.{_contact(profile)}",
        ),
        (
            "Cookies",
            "This site uses only what it needs to work: it remembers your conversation while you visit. It has no "
            "tracking cookies.",
        ),
    )


def terms_sections(profile: Profile) -> Sections:
    """Heading and text of each part."""
    name = profile.business_name
    return (
        (
            "About these terms",
            f"They apply when you book an appointment with {name} on this site.{_contact(profile)}",
        ),
        (
            "Bookings",
            "A booking is made when this site shows it as confirmed. Please give correct contact details, so that we "
            "can reach you if something changes.",
        ),
        (
            "Changes and cancellations",
            "You can move or cancel a booking with the link in your confirmation, within the times stated in our "
            "policies on the front page. After that, please contact us directly.",
        ),
        (
            "Prices and payment",
            "Prices shown here are for the service as described. Where extra work is needed we agree on it with you "
            "first. Unless stated otherwise you pay at the appointment.",
        ),
        (
            "The chat assistant",
            "The assistant helps with questions and bookings. It can make mistakes; what counts is the confirmed "
            "booking and our written policies. It does not give medical, legal or other professional advice.",
        ),
        (
            "If something goes wrong",
            "If we have to cancel or move your appointment we tell you as early as we can and offer another time. "
            "Your statutory rights as a consumer are not affected.",
        ),
    )


def _contact(profile: Profile) -> str:
    ways = [way for way in (profile.email, readable_phone(profile.phone or "")) if way]
    return f" You can reach us at {' or '.join(ways)}." if ways else ""
