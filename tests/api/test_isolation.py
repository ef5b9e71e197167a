"""Many visitors of several sites over one pool of connections: nobody ever sees a row of another site."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.api.app import create_api
from portal.api.dispatch import beside
from portal.api.middleware import wrap
from portal.core import cache, clock
from tests.api.conftest import Caller, pages
from tests.factories import MadeTenant, TenantFactory

REQUESTS = 1000
AT_ONCE = 25


@pytest.fixture
def four(tenants: TenantFactory, configure: Callable[..., None]) -> list[MadeTenant]:
    # Few connections, so that each serves every tenant in turn.
    configure(DATABASE_POOL_SIZE="3")
    return [
        tenants.make(
            name,
            services={f"{name} cut": {"price_cents": 1000 + number}},
            faqs=((f"{name} question?", f"{name} answer"),),
            profile={"business_name": f"{name} and company"},
        )
        for number, name in enumerate(("alder", "birch", "cedar", "dogwood"))
    ]


def test_no_row_of_another_tenant(four: list[MadeTenant], visit: Callable[..., Caller]) -> None:
    cache.cache.wait_until_live()
    caller: Caller = visit(wrap(beside(pages, create_api())))
    choose = random.Random(4)
    day = str((clock.now() + timedelta(days=2)).date())

    async def ask(tenant: MadeTenant, other: MadeTenant, limit: asyncio.Semaphore) -> None:
        async with limit:
            # Half of the requests find nothing kept, so that the database answers.
            if choose.random() < 0.5:
                cache.cache.drop(tenant.id, None)
            await _check(caller, tenant, other, choose.choice(QUESTIONS), day)

    async def all_of_them() -> None:
        limit = asyncio.Semaphore(AT_ONCE)
        pairs = [choose.sample(four, 2) for _ in range(REQUESTS)]
        await asyncio.gather(*(ask(tenant, other, limit) for tenant, other in pairs))

    caller.runner.run(all_of_them())


QUESTIONS = ("tenant", "services", "foreign service", "session")


async def _check(caller: Caller, tenant: MadeTenant, other: MadeTenant, question: str, day: str) -> None:
    if question == "session":
        # A conversation of one site does not exist on another.
        answer = await caller.request("POST", "/v1/chat/session", host=tenant.host)
        if answer.is_success:
            await _foreign_session(caller, other, answer.json()["session_id"])
        else:
            assert answer.status_code == 429
        return
    if question == "foreign service":
        params: dict[str, Any] = {"service_id": str(other.service_id), "date": day}
        answer = await caller.request("GET", "/v1/public/availability", host=tenant.host, params=params)
        assert answer.status_code in (404, 429), answer.text
        return
    answer = await caller.request("GET", f"/v1/public/{question}", host=tenant.host)
    assert answer.status_code == 200
    assert f"{tenant.slug} cut" in answer.text
    assert str(tenant.service_id) in answer.text
    for foreign in ("alder", "birch", "cedar", "dogwood"):
        assert foreign == tenant.slug or foreign not in answer.text


async def _foreign_session(caller: Caller, other: MadeTenant, session_id: str) -> None:
    path = f"/v1/chat/history?session_id={session_id}"
    answer = await caller.request("GET", path, host=other.host)
    assert answer.status_code in (404, 429), answer.text
