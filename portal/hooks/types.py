"""Values that cross between the portal and plugins."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ServiceTemplate:
    """A service a business of this vertical usually offers; price in minor units of its currency."""

    name: str
    description: str
    duration_minutes: int
    price_cents: int | None
    category: str | None = None
    seats: int = 1
    resource: str = "Main"


@dataclass(frozen=True)
class VerticalTemplate:
    """What a new business of one vertical starts from."""

    key: str
    label: str
    services: tuple[ServiceTemplate, ...]
    faqs: tuple[tuple[str, str], ...]
    business_hours: dict[str, list[list[str]]]
    cancellation_policy: str
    late_policy: str
    no_show_policy: str
    payment_policy: str
    tone: str
    tagline: str
    dont_do: tuple[str, ...] = ()
    cancel_window_minutes: int = 1440
    colors: tuple[str, str] = field(default=("#2563eb", "#1e40af"))
