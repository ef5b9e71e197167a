"""What the first page does not need, loaded once the server answers."""

import asyncio
import gc

from portal.api.dispatch import API
from portal.core import db, threads
from portal.providers import anthropic

#: The first pages go first.
PAUSE_SECONDS = 2.0


async def preload() -> None:
    """Load the API and the model's SDK beside the running pages, so that nobody waits for them later either."""
    await asyncio.sleep(PAUSE_SECONDS)
    for load in (API.load, anthropic.load, db.report_scope_fault):
        await threads.run(load)
    # What is loaded now stays: no later search for garbage needs to look at it again.
    gc.freeze()
