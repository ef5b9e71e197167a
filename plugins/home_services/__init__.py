"""Plumbers, electricians and other trades that come to the customer."""

from portal.hooks.specs import hookimpl
from portal.hooks.types import ServiceTemplate, VerticalTemplate

KEY = "home_services"
DAY = [["07:00", "18:00"]]
TEMPLATE = VerticalTemplate(
    key=KEY,
    label="Plumber or home services",
    tagline="On time, tidy, and fixed the first time.",
    tone="Straightforward and helpful. Ask for the address in the notes.",
    services=(
        ServiceTemplate("Leak repair", "We find the leak and fix it.", 90, 18000, "Repairs"),
        ServiceTemplate("Drain cleaning", "Blocked sink, shower or toilet.", 60, 13500, "Repairs"),
        ServiceTemplate("Water heater inspection", "Safety check, flush and report.", 60, 11000, "Inspections"),
        ServiceTemplate(
            "Fixture installation", "Tap, toilet or shower; you choose the fixture.", 120, 22000, "Installation"
        ),
        ServiceTemplate("Free estimate", "We look at the job and give a fixed price.", 30, 0, "Inspections"),
    ),
    faqs=(
        ("Which areas do you serve?", "Anywhere within 25 miles of the shop."),
        ("Do you charge for travel?", "No, travel is included in the price."),
        ("Are you licensed and insured?", "Yes, fully licensed, bonded and insured."),
        ("Do you give a warranty?", "One year on our work, and the maker's warranty on parts."),
        ("What about an emergency at night?", "Call us: the line is answered around the clock."),
    ),
    business_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat"), DAY) | {"sun": []},
    cancellation_policy="Please cancel or move your appointment at least 12 hours before it starts.",
    late_policy="We call if we are running late, and wait up to 15 minutes at the door.",
    no_show_policy="If nobody is home we charge a call-out fee of $60.",
    payment_policy="Card or bank transfer when the work is done.",
    cancel_window_minutes=720,
    dont_do=("Give instructions for gas or electrical work.", "Promise a final price before a visit."),
    colors=("#1d4ed8", "#172554"),
)


@hookimpl
def vertical_template(key: str) -> VerticalTemplate | None:
    return TEMPLATE if key == KEY else None


@hookimpl
def prompt_notes(vertical: str) -> list[str] | None:
    if vertical != KEY:
        return None
    return [
        "Ask where the work is and put the address into the notes of the booking.",
        "For gas smell or flooding, say to shut the main valve and to call now, and give the phone number.",
    ]
