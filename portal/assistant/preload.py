"""What the first conversation needs and the first page does not."""

import asyncio
import gc

from portal.core import threads
from portal.providers import anthropic

#: The first pages go first.
PAUSE_SECONDS = 2.0


async def preload() -> None:
    """Load it beside the running server, so that neither the start nor the first customer waits for it."""
    await asyncio.sleep(PAUSE_SECONDS)
    await threads.run(anthropic.load)
    # What is loaded now stays: no later search for garbage needs to look at it again.
    gc.freeze()
