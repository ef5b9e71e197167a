"""Who the four demo businesses are. Light to import: the command line names them before anything else is loaded."""

from dataclasses import dataclass
from uuid import UUID, uuid5

# Fixed ids: seeding again finds what is there, and bookings made in the demo keep their tenant.
NAMESPACE = UUID("3b241101-e2bb-4255-8caf-4136c566a962")


@dataclass(frozen=True)
class DemoTenant:
    """A demo business; its services' event types are numbered from ``first_event_type`` in the template's order."""

    slug: str
    vertical: str
    business_name: str
    timezone: str
    phone: str
    address: tuple[str, str, str, str]
    cal_api_key: str
    first_event_type: int

    @property
    def id(self) -> UUID:
        return uuid5(NAMESPACE, self.slug)


TENANTS = (
    DemoTenant(
        "bobs-barbershop", "salon", "Bob's Barbershop", "America/New_York", "+12125550142",
        ("214 Court Street", "Brooklyn", "NY", "11201"), "cal_demo_bobs_barbershop", 101,
    ),
    DemoTenant(
        "bright-smile-dental", "dental", "Bright Smile Dental", "America/Chicago", "+13125550168",
        ("88 West Monroe Street", "Chicago", "IL", "60603"), "cal_demo_bright_smile", 201,
    ),
    DemoTenant(
        "peak-fitness", "fitness", "Peak Fitness", "America/Denver", "+13035550117",
        ("1600 Blake Street", "Denver", "CO", "80202"), "cal_demo_peak_fitness", 301,
    ),
    DemoTenant(
        "reliable-plumbing", "home_services", "Reliable Plumbing", "America/Los_Angeles", "+12135550195",
        ("730 South Broadway", "Los Angeles", "CA", "90014"), "cal_demo_reliable_plumbing", 401,
    ),
)  # fmt: skip
