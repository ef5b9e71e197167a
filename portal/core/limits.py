"""Rate limits shared by every process, kept in Redis and decided by one atomic script each.

*Buckets* (``take``) hold ``capacity`` tokens and refill evenly: for visitors. *Windows* (``take_window``) never let
more than ``limit`` calls into any span of ``per_seconds``: for providers that ban who exceeds a quota. Time is Redis's.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.core.redis import async_client, client

PREFIX = "portal:limit:"
EVERY_LIMIT = 1_000_000_000

# One number a bucket: the instant (µs) at which it is full again. Full means that instant has passed; each token moves
# it by per/capacity. All buckets are looked at before any is charged.
TAKE_BUCKETS = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local longest, blocker, full_at = 0, 0, {}
for i, key in ipairs(KEYS) do
  local capacity, per, cost = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local filled = math.max(tonumber(redis.call('GET', key) or '0'), now) + cost * per / capacity
  full_at[i] = filled
  local wait = filled - now - per
  if wait > longest then longest, blocker = wait, i end
end
if blocker > 0 then return {0, math.ceil(longest), blocker} end
for i, key in ipairs(KEYS) do
  local life = math.ceil((full_at[i] - now) / 1000) + 1
  redis.call('SET', key, string.format('%.0f', full_at[i]), 'PX', string.format('%.0f', life))
end
return {1, 0, 0}
"""

# KEYS: log of calls (sorted set, score = µs), pause. ARGV: limit, per (µs), member. The pause holds the smallest
# limit that is served until it expires.
TAKE_WINDOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local limit, per = tonumber(ARGV[1]), tonumber(ARGV[2])
local served = redis.call('GET', KEYS[2])
if served and limit < tonumber(served) then return {0, redis.call('PTTL', KEYS[2]) * 1000} end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - per))
local used = redis.call('ZCARD', KEYS[1])
if used >= limit then
  local leaving = redis.call('ZRANGE', KEYS[1], used - limit, used - limit, 'WITHSCORES')
  return {0, math.max(1, leaving[2] + per - now)}
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil(per / 1000)))
return {1, 0}
"""


@dataclass(frozen=True)
class Allowance:
    """The answer: allowed, or seconds until asking again can succeed, and the key that refused."""

    allowed: bool
    retry_after_seconds: float = 0.0
    refused_by: str | None = None


@dataclass(frozen=True)
class Bucket:
    """``capacity`` tokens that refill within ``per_seconds``; ``cost`` of them are wanted now."""

    key: str
    capacity: int
    per_seconds: float
    cost: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.cost <= self.capacity or self.per_seconds <= 0:
            raise ValueError("a bucket needs 0 < cost <= capacity and a positive time")


def take(key: str, *, capacity: int, per_seconds: float, cost: int = 1) -> Allowance:
    """Take ``cost`` tokens from one bucket, or none."""
    return take_many([Bucket(key, capacity, per_seconds, cost)])


def take_many(buckets: Sequence[Bucket]) -> Allowance:
    """Take from all buckets, or from none, in one round trip."""
    return _bucket_answer(buckets, client().register_script(TAKE_BUCKETS)(*_bucket_call(buckets)))


async def take_async(key: str, *, capacity: int, per_seconds: float, cost: int = 1) -> Allowance:
    """:func:`take` for async code."""
    return await take_many_async([Bucket(key, capacity, per_seconds, cost)])


async def take_many_async(buckets: Sequence[Bucket]) -> Allowance:
    """:func:`take_many` for async code."""
    script = async_client().register_script(TAKE_BUCKETS)
    return _bucket_answer(buckets, await script(*_bucket_call(buckets)))


def take_window(key: str, *, limit: int, per_seconds: float) -> Allowance:
    """Count one call, if fewer than ``limit`` were counted in the last ``per_seconds``.

    Callers of different importance may share a key with different limits: the smaller one stops earlier.
    """
    member = secrets.token_hex(8)
    script = client().register_script(TAKE_WINDOW)
    allowed, wait = script(_window_keys(key), [limit, round(per_seconds * 1_000_000), member])
    return Allowance(bool(allowed), int(wait) / 1_000_000, None if allowed else key)


def pause_window(key: str, *, seconds: float, below: int | None = None) -> None:
    """Refuse callers of this window for ``seconds``, because the provider said so.

    With ``below`` just those whose limit is smaller; that lesser pause never replaces one that is already there.
    """
    serving = EVERY_LIMIT if below is None else below
    client().set(_window_keys(key)[1], serving, px=max(1, round(seconds * 1000)), nx=below is not None)


def _bucket_call(buckets: Sequence[Bucket]) -> tuple[list[str], list[int]]:
    keys = [PREFIX + bucket.key for bucket in buckets]
    if len(set(keys)) != len(keys) or not keys:
        raise ValueError("name at least one bucket, each once")
    return keys, [n for b in buckets for n in (b.capacity, round(b.per_seconds * 1_000_000), b.cost)]


def _bucket_answer(buckets: Sequence[Bucket], answer: Any) -> Allowance:
    allowed, wait, blocker = (int(part) for part in answer)
    return Allowance(bool(allowed), wait / 1_000_000, buckets[blocker - 1].key if blocker else None)


def _window_keys(key: str) -> list[str]:
    return [f"{PREFIX}{key}", f"{PREFIX}{key}:pause"]
