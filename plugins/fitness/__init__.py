"""Gyms and studios."""

from portal.hooks.specs import hookimpl
from portal.hooks.types import ServiceTemplate, VerticalTemplate

KEY = "fitness"
WEEKDAY, WEEKEND = [["06:00", "20:00"]], [["08:00", "14:00"]]
TEMPLATE = VerticalTemplate(
    key=KEY,
    label="Gym or studio",
    tagline="Train with people who know your name.",
    tone="Upbeat and encouraging, never pushy.",
    services=(
        ServiceTemplate(
            "Intro session", "A tour, a chat about your goals and a first workout.", 45, 0, "Start", 1, "Trainer"
        ),
        ServiceTemplate("Personal training", "One to one with a coach.", 60, 8500, "Training", 1, "Trainer"),
        ServiceTemplate("Yoga class", "All levels; mats are here.", 60, 2200, "Classes", 12, "Yoga studio"),
        ServiceTemplate("Spin class", "45 minutes on the bike with music.", 45, 2400, "Classes", 10, "Spin studio"),
        ServiceTemplate("Body assessment", "Measurements and mobility check.", 30, 4500, "Training", 1, "Trainer"),
    ),
    faqs=(
        ("What should I bring?", "Comfortable clothes, clean shoes and water. Towels and mats are here."),
        ("Do I need to be fit to start?", "No. The intro session is made for beginners."),
        ("Are there showers?", "Yes, with lockers. Bring your own lock or borrow one at the desk."),
        ("Where can I park?", "Two hours free in the lot next to the gym."),
        ("Can I freeze my membership?", "Yes, for up to three months a year. Ask at the desk."),
    ),
    business_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY) | {"sat": WEEKEND, "sun": WEEKEND},
    cancellation_policy="Please cancel or move your booking at least 2 hours before it starts.",
    late_policy="Classes start on time; after 10 minutes the door stays closed.",
    no_show_policy="A missed class counts as taken.",
    payment_policy="Pay at the desk, by card, or with your class pass.",
    cancel_window_minutes=120,
    dont_do=("Give medical or dietary advice.", "Promise results."),
    colors=("#4d7c0f", "#1a2e05"),
)


@hookimpl
def vertical_template(key: str) -> VerticalTemplate | None:
    return TEMPLATE if key == KEY else None


@hookimpl
def prompt_notes(vertical: str) -> list[str] | None:
    if vertical != KEY:
        return None
    return ["Suggest the free intro session to anyone who is new."]
