"""Dental practices."""

from portal.hooks.specs import hookimpl
from portal.hooks.types import ServiceTemplate, VerticalTemplate

KEY = "dental"
WEEKDAY = [["08:00", "17:00"]]
TEMPLATE = VerticalTemplate(
    key=KEY,
    label="Dental practice",
    tagline="Gentle dentistry for the whole family.",
    tone="Calm, reassuring and precise. Never alarming.",
    services=(
        ServiceTemplate("Check-up and cleaning", "Examination, cleaning and polish.", 60, 14000, "Prevention"),
        ServiceTemplate("New patient exam", "First visit with X-rays and a treatment plan.", 75, 19000, "Prevention"),
        ServiceTemplate("Teeth whitening", "In-practice whitening in one session.", 90, 32000, "Cosmetic"),
        ServiceTemplate("Emergency visit", "Pain, a broken tooth or a lost filling.", 30, 9500, "Urgent"),
        ServiceTemplate("Filling consultation", "We look, explain and plan the filling.", 30, 7500, "Treatment"),
    ),
    faqs=(
        ("Do you take insurance?", "We work with most major dental plans. Bring your insurance card to the visit."),
        ("What should I bring to my first visit?", "Photo ID, your insurance card and a list of your medications."),
        ("Do you see children?", "Yes, from the first tooth on."),
        ("Is there parking?", "Patients park free behind the building."),
        ("What if I have an emergency?", "Book an emergency visit or call us. In danger, always call 911."),
    ),
    business_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY) | {"sat": [], "sun": []},
    cancellation_policy="Please cancel or move your appointment at least 24 hours before it starts.",
    late_policy="If you are more than 15 minutes late we may have to find you another time.",
    no_show_policy="A missed appointment may be charged with $50.",
    payment_policy="Your share is due on the day of treatment; we bill your insurance directly.",
    cancel_window_minutes=1440,
    dont_do=("Give a diagnosis or medical advice.", "Quote what an insurance will cover."),
    colors=("#0f766e", "#134e4a"),
)


@hookimpl
def vertical_template(key: str) -> VerticalTemplate | None:
    return TEMPLATE if key == KEY else None


@hookimpl
def prompt_notes(vertical: str) -> list[str] | None:
    if vertical != KEY:
        return None
    return [
        "When somebody is in pain, offer the earliest emergency visit and give the phone number.",
        "Never ask for health details; people can write them on the form at the practice.",
    ]
