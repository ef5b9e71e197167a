"""The sized pool in which async code runs the synchronous domain."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

from portal.core.settings import get_settings

P = ParamSpec("P")
T = TypeVar("T")


@lru_cache(maxsize=1)
def pool() -> ThreadPoolExecutor:
    """Twice as many threads as pooled connections: some wait for a provider while holding none."""
    return ThreadPoolExecutor(get_settings().database_pool_size * 2, thread_name_prefix="domain")


async def run(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``call`` in the pool with this task's context variables."""
    context = contextvars.copy_context()
    bound = partial(context.run, partial(call, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(pool(), bound)
