"""The four demo businesses for dialogues: their own services, facts and policies, open every day but one."""

from typing import Any
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from plugins import dental, fitness, home_services, salon
from portal.core.clock import now
from portal.domain.demo_tenants import TENANTS
from portal.hooks.types import VerticalTemplate
from tests.evals.dialogue import Days
from tests.factories import MadeTenant, TenantFactory

TEMPLATES: dict[str, VerticalTemplate] = {
    "salon": salon.TEMPLATE,
    "dental": dental.TEMPLATE,
    "fitness": fitness.TEMPLATE,
    "plumbing": home_services.TEMPLATE,
}
OPEN = [["08:00", "18:00"]]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Minutes between start times, as in the demo's calendars.
STEPS = {"salon": 15, "dental": 30, "fitness": 30, "plumbing": 30}


class Trades:
    """Makes a business for each dialogue, so that none finds the other's bookings."""

    def __init__(self, tenants: TenantFactory) -> None:
        self.tenants = tenants
        self.made = 0

    def open(self, trade: str) -> tuple[MadeTenant, Days]:
        """The business, and the days as its clock has them."""
        template = TEMPLATES[trade]
        demo = next(demo for demo in TENANTS if demo.vertical == template.key)
        days = Days(now().astimezone(ZoneInfo(demo.timezone)).date())
        closed = days["closed"].weekday()
        street, city, region, postal_code = demo.address
        self.made += 1
        services = self._services(template)
        made = self.tenants.make(
            f"{demo.slug}-{self.made}",
            timezone=demo.timezone,
            services=services,
            faqs=template.faqs,
            profile={
                "business_name": demo.business_name, "tagline": template.tagline, "phone": demo.phone,
                "email": f"hello@{demo.slug}.example", "address_line1": street, "city": city, "region": region,
                "postal_code": postal_code,
                "business_hours": Jsonb({day: OPEN if day != WEEKDAYS[closed] else [] for day in WEEKDAYS}),
            },
            policies={
                "cancellation_policy": template.cancellation_policy, "late_policy": template.late_policy,
                "no_show_policy": template.no_show_policy, "payment_policy": template.payment_policy,
                "cancel_window_minutes": 60,
            },
            account=_calendar(services, STEPS[trade], closed),
        )  # fmt: skip
        return made, days

    def _services(self, template: VerticalTemplate) -> dict[str, dict[str, Any]]:
        return {
            service.name: {
                "duration_minutes": service.duration_minutes, "price_cents": service.price_cents,
                "description": service.description, "seats": service.seats,
                "cal_event_type_id": 10_000 + self.made * 100 + position,
            }
            for position, service in enumerate(template.services)
        }  # fmt: skip


def _calendar(services: dict[str, dict[str, Any]], step: int, closed: int) -> dict[str, Any]:
    """The account in the sandbox: its own start times, and the weekday on which it is closed."""
    event_types = [
        {
            "id": row["cal_event_type_id"], "slug": f"event-{row['cal_event_type_id']}", "title": name,
            "length_minutes": row["duration_minutes"], "minimum_notice_minutes": 0, "slot_interval": step,
            **({"seats": row["seats"]} if row["seats"] > 1 else {}),
        }
        for name, row in services.items()
    ]  # fmt: skip
    days = [number for number in range(7) if number != closed]
    return {"event_types": event_types, "schedule": [{"days": days, "start": "08:00", "end": "18:00"}]}
