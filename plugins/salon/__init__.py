"""Barbers and hair salons."""

from portal.hooks.specs import hookimpl
from portal.hooks.types import ServiceTemplate, VerticalTemplate

KEY = "salon"
TEMPLATE = VerticalTemplate(
    key=KEY,
    label="Barber or hair salon",
    tagline="Sharp cuts, warm welcome.",
    tone="Friendly and down to earth, like a good barber: short sentences, no fuss.",
    services=(
        ServiceTemplate("Haircut", "Consultation, wash, cut and style.", 30, 3500, "Hair"),
        ServiceTemplate("Beard trim", "Shaped with clippers and razor, finished with oil.", 20, 2000, "Beard"),
        ServiceTemplate("Haircut and beard", "The full works in one visit.", 45, 5000, "Hair"),
        ServiceTemplate("Hot towel shave", "Traditional straight-razor shave with hot towels.", 40, 4000, "Beard"),
        ServiceTemplate("Kids cut", "For children up to 12 years.", 25, 2500, "Hair"),
    ),
    faqs=(
        ("Do you take walk-ins?", "Yes, when a chair is free. Booking ahead is the only way to be sure of a time."),
        ("Where can I park?", "There is street parking outside and a public garage around the corner."),
        ("How can I pay?", "Cash, all major cards and contactless."),
        ("Do you cut children's hair?", "Yes, from three years up. Choose the kids cut when you book."),
        ("How early should I come?", "Five minutes before your appointment is plenty."),
    ),
    business_hours={
        "mon": [],
        "tue": [["09:00", "18:00"]],
        "wed": [["09:00", "18:00"]],
        "thu": [["09:00", "18:00"]],
        "fri": [["09:00", "18:00"]],
        "sat": [["09:00", "16:00"]],
        "sun": [],
    },
    cancellation_policy="Please cancel or move your appointment at least 4 hours before it starts.",
    late_policy="If you are more than 10 minutes late we may have to shorten or move your appointment.",
    no_show_policy="After two missed appointments we ask for prepayment.",
    payment_policy="You pay in the shop after your appointment.",
    cancel_window_minutes=240,
    dont_do=("Promise a particular barber.", "Give medical advice about skin or hair loss."),
    colors=("#9a3412", "#1c1917"),
)


@hookimpl
def vertical_template(key: str) -> VerticalTemplate | None:
    return TEMPLATE if key == KEY else None


@hookimpl
def prompt_notes(vertical: str) -> list[str] | None:
    if vertical != KEY:
        return None
    return ["When somebody wants both hair and beard done, suggest the combined service before two bookings."]
