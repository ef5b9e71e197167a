"""A shop with two services, and a chat on its site."""

import asyncio
from collections.abc import Iterator

import pytest

from portal.core.cache import cache
from tests.assistant.driver import Chat, event_loop, hurry
from tests.factories import MadeTenant, TenantFactory

SERVICES = {
    "Haircut": {"duration_minutes": 30, "price_cents": 3500},
    "Beard trim": {"duration_minutes": 15, "price_cents": 2000},
}
FAQS = (("Is there parking?", "Yes, behind the house."), ("Do you take cards?", "Yes, all of them."))


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with event_loop() as runner:
        yield runner


@pytest.fixture
def shop(tenants: TenantFactory) -> MadeTenant:
    cache.wait_until_live()
    hurry(tenants.sandbox)
    return tenants.make(
        services=SERVICES, faqs=FAQS, profile={"phone": "+12125550100", "email": "shop@example.com"},
        policies={"cancel_window_minutes": 60, "cancellation_policy": "Free until an hour before."},
    )  # fmt: skip


@pytest.fixture
def chat(shop: MadeTenant, tenants: TenantFactory, runner: asyncio.Runner) -> Chat:
    return Chat(shop, tenants, runner)
