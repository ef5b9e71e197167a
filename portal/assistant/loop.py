"""A turn of a conversation, from the customer's words (or press of a button) to the end of the answer.

A turn runs in a task of its own, so that it ends and is stored also when nobody is looking any more. No transaction is
open while the model speaks. What the customer wrote is stored before the model is asked.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import redis
import structlog

from portal.assistant import cards, failures, guardrails
from portal.assistant.events import Done, Event
from portal.assistant.guardrails.context import customer_block, note_block
from portal.assistant.prompt import Prompt, prepared
from portal.assistant.rounds import Rounds, last_words
from portal.assistant.sight import Means, meaning
from portal.assistant.state import Standing
from portal.assistant.tools import ToolContext
from portal.assistant.turn import Outlet, TurnRun
from portal.core import limits, threads
from portal.core.db import Access
from portal.core.errors import CalendarBusy, CalendarUnavailable, PortalError, ProviderError, RateLimited
from portal.core.limits import Bucket
from portal.domain import booking, conversation
from portal.domain.booking import Act, ActBy
from portal.domain.conversation import Turn, TurnInProgress, WaitingProposal
from portal.domain.tenants import Site, site
from portal.providers.anthropic import ModelRejected, ModelUnavailable

SESSION_CAPACITY, SESSION_SECONDS = 20, 60.0
VISITOR_CAPACITY, VISITOR_SECONDS = 60, 60.0
MAX_SESSION_TOKENS = 400_000
#: Shorter than the lease on the session (conversation.TURN_SECONDS).
TURN_DEADLINE_SECONDS = 100.0
CONFIRMING = re.compile(r"\bconfirm\b", re.IGNORECASE)

log = structlog.get_logger("portal.assistant")
_running: set[asyncio.Task[None]] = set()


async def run_turn(access: Access, message: str, *, visitor: str | None = None) -> AsyncIterator[Event]:
    """Answer a customer's message: yields events, last :class:`Done`. Never raises for an expected failure.

    ``access`` is a customer's with its chat session; ``visitor`` names who asks (a hashed address) for rate limits.
    """
    try:
        events = await open_turn(access, message, visitor=visitor)
    except PortalError as error:
        yield failures.of(error)
        yield Done(None, "error")
        return
    async for event in events:
        yield event


async def run_confirm(access: Access, proposal_id: UUID, *, visitor: str | None = None) -> AsyncIterator[Event]:
    """The customer pressed Confirm: carry the proposal out, then let the model say so. Yields events, last Done."""
    try:
        events = await open_confirm(access, proposal_id, visitor=visitor)
    except PortalError as error:
        yield failures.of(error)
        yield Done(None, "error")
        return
    async for event in events:
        yield event


async def open_turn(access: Access, message: str, *, visitor: str | None = None) -> Outlet:
    """Take and store a message; returns its events.

    Raises InvalidArgument, RateLimited, SessionEnded or TurnInProgress, and then has stored nothing.
    """
    said = guardrails.clean_message(message)
    begun = await threads.run(_begin, access, said, visitor)

    async def answer(run: TurnRun) -> str:
        return await _answer(run, begun, said)

    return _start(_run_of(access, begun), answer)


async def open_confirm(access: Access, proposal_id: UUID, *, visitor: str | None = None) -> Outlet:
    """Take a press of Confirm; returns its events.

    Raises RateLimited, SessionEnded or ProposalExpired (for one that is not this conversation's), and then has done
    nothing.
    """
    business = await threads.run(_begin_confirm, access, proposal_id, visitor)
    run = TurnRun(access, business, Outlet(), ToolContext(access, business, Standing()))

    async def confirm(run: TurnRun) -> str:
        return await _press_confirm(run, proposal_id)

    return _start(run, confirm)


async def drain(seconds: float = 10) -> None:
    """Wait for the turns still running (a process that ends lets them finish what they say)."""
    if _running:
        await asyncio.wait(_running, timeout=seconds)


# --- Beginning -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Begun:
    """What one hop to a thread brings: the session taken, the business, its prompt."""

    site: Site
    prompt: Prompt
    turn: Turn


def _begin(access: Access, said: str, visitor: str | None) -> Begun:
    business = _admit(access, visitor)
    prompt = prepared(business)
    return Begun(business, prompt, conversation.begin_turn(access, said))


def _begin_confirm(access: Access, proposal_id: UUID, visitor: str | None) -> Site:
    """What a stranger makes up is refused here: behind it an answer is streamed and stored."""
    business = _admit(access, visitor)
    conversation.require_open(access)
    booking.require_proposal(access, proposal_id)
    return business


def _admit(access: Access, visitor: str | None) -> Site:
    """One round trip to Redis for both limits. Raises RateLimited."""
    buckets = [Bucket(f"chat:session:{access.session_id}", SESSION_CAPACITY, SESSION_SECONDS)]
    if visitor:
        buckets.append(Bucket(f"chat:visitor:{access.tenant}:{visitor}", VISITOR_CAPACITY, VISITOR_SECONDS))
    try:
        allowance = limits.take_many(buckets)
    except redis.RedisError:
        log.warning("limits_unavailable")
        return site(access.tenant)
    if not allowance.allowed:
        raise RateLimited(
            "That was a lot at once; please wait a moment before you write again.",
            retry_after_seconds=allowance.retry_after_seconds,
        )
    return site(access.tenant)


def _run_of(access: Access, begun: Begun) -> TurnRun:
    context = ToolContext(access, begun.site, Standing.of(begun.turn))
    return TurnRun(access, begun.site, Outlet(), context, turn_id=begun.turn.id, reserved=begun.turn.reserved)


def _start(run: TurnRun, work: Callable[[TurnRun], Awaitable[str]]) -> Outlet:
    task = asyncio.create_task(_carry_out(run, work), name="chat-turn")
    _running.add(task)
    task.add_done_callback(_running.discard)
    return run.outlet


async def _carry_out(run: TurnRun, work: Callable[[TurnRun], Awaitable[str]]) -> None:
    """Do the turn, turn every failure into an answer, store, and say Done."""
    stop_reason = "error"
    try:
        async with asyncio.timeout(TURN_DEADLINE_SECONDS):
            stop_reason = await work(run)
    except (ProviderError, TimeoutError) as error:
        log.warning("turn_without_model", kind=getattr(error, "kind", type(error).__name__), spoken=run.has_spoken)
        _fail(run, "UNAVAILABLE", failures.BROKEN_OFF if run.has_spoken else failures.MODEL_DOWN)
    except PortalError as error:
        log.warning("turn_failed", reason=error.reason)
        _fail(run, error.code, error.message)
    except Exception as error:  # a bug of ours must not leave the customer without an answer
        log.exception("turn_broke", kind=type(error).__name__)
        _fail(run, "INTERNAL", failures.INTERNAL)
    finally:
        await _close(run, stop_reason)


def _fail(run: TurnRun, code: str, message: str) -> None:
    for event in failures.with_handoff(run.site, code, message):
        run.emit(event)
    run.say(message, "error", silently=True)


async def _close(run: TurnRun, stop_reason: str) -> None:
    message_id = None
    try:
        message_id = await run.store()
    except Exception as error:  # what was said is shown already; the lease gives the session free
        log.exception("turn_not_stored", kind=type(error).__name__)
    finally:
        run.end(message_id, stop_reason)
        run.outlet.close()


# --- Answering -------------------------------------------------------------------------------------------------------


async def _answer(run: TurnRun, begun: Begun, said: str) -> str:
    """The customer's message: perhaps a yes or no to what waits, then the model's words. Returns the stop reason."""
    notes: list[str] = []
    fallback = None
    if (waiting := begun.turn.proposal) is not None:
        means = meaning(guardrails.consent_in(said, waiting.kind), waiting.sight)
        if means in (Means.SHOW_AGAIN, Means.ASK):
            return await _show_again(run, waiting, means)
        if means is Means.YES:
            note, fallback = await _confirm(run, waiting.id, Act(ActBy.MESSAGE, begun.turn.message_id))
            notes.append(note)
        elif means is Means.NO:
            note, fallback = await _decline(run, waiting)
            notes.append(note)
    if (full := _over_budget(begun)) is not None and fallback is None:
        _fail(run, "RATE_LIMITED", full)
        return "budget"
    return await _speak(run, begun, [customer_block(said)], notes, fallback)


async def _press_confirm(run: TurnRun, proposal_id: UUID) -> str:
    """The button. It works also while another answer is still being written: then a fixed sentence has to do."""
    note, sentence = await _confirm(run, proposal_id)
    try:
        begun = await threads.run(_begin_after_confirm, run, note)
    except TurnInProgress:
        run.record_note(note)
        run.say(sentence, "confirmed")
        return "confirmed"
    run.turn_id, run.reserved = begun.turn.id, begun.turn.reserved
    run.context.standing = Standing.of(begun.turn)
    return await _speak(run, begun, [note_block(note)], [], sentence)


def _begin_after_confirm(run: TurnRun, note: str) -> Begun:
    turn = conversation.begin_turn(run.access, note, role="system")
    return Begun(run.site, prepared(run.site), turn)


async def _confirm(run: TurnRun, proposal_id: UUID, act: Act | None = None) -> tuple[str, str]:
    """Carry the proposal out. Returns the note for the model and the sentence that replaces its words if need be."""
    waiting, run.context.standing.proposal = run.context.standing.proposal, None
    try:
        view = await threads.run(booking.confirm, run.access, proposal_id, act=act)
    except PortalError as error:
        log.info("confirm_failed", reason=error.reason)
        run.emit(failures.of(error))
        if isinstance(error, (CalendarUnavailable, CalendarBusy)):
            run.context.standing.proposal = waiting  # nothing happened: it may be asked for again
        return failures.failed_note(error), error.message
    run.deeds.append(view)
    run.emit(cards.booking_card(view))
    return failures.outcome_note(view), failures.outcome_sentence(view)


async def _decline(run: TurnRun, waiting: WaitingProposal) -> tuple[str, str]:
    """Take the proposal back and say so. Returns the note for the model and what to add if it can't be asked."""
    run.context.standing.proposal = None
    try:
        was_waiting = await threads.run(booking.withdraw, run.access, waiting.id)
    except PortalError as error:
        log.info("withdraw_failed", reason=error.reason)
        was_waiting = False
    if not was_waiting:
        return failures.DECIDED_NOTE, failures.DECIDED
    run.say(failures.DECLINED[waiting.kind], "declined")
    return failures.DECLINED_NOTE, failures.ANYTHING_ELSE


async def _show_again(run: TurnRun, waiting: WaitingProposal, means: Means) -> str:
    """Nothing is done: the customer sees once more what a yes would do, in our words alone."""
    card = await threads.run(cards.waiting_card, run.access, waiting.id)
    if card is None:
        run.say(failures.DECIDED, "asked_again")
        return "asked_again"
    run.say(failures.WHICH[waiting.kind] if means is Means.ASK else failures.SHOWN_AGAIN, "asked_again")
    run.emit(card)
    return "asked_again"


async def _speak(
    run: TurnRun, begun: Begun, opening: list[dict[str, str]], notes: list[str], fallback: str | None
) -> str:
    """Let the model answer. With a ``fallback`` its failure is no error: that sentence says what matters."""
    for note in notes:
        run.record_note(note)
    content = opening + [note_block(note) for note in notes]
    messages = guardrails.to_model_messages(begun.turn.history, followed_by=content)
    try:
        if fallback is not None and _over_budget(begun) is not None:
            raise ModelUnavailable(kind="budget")
        rounds = Rounds(run, begun.prompt, messages)
        stop_reason = await rounds.speak()
    except (ModelUnavailable, ModelRejected):
        if fallback is None:
            raise
        run.say(fallback, "fallback")
        return "fallback"
    await _ask_again(run, rounds.answer)
    if (sentence := last_words(stop_reason, has_answered=bool(rounds.answer), has_cards=run.has_cards)) is not None:
        run.say(sentence, stop_reason)
        if not run.has_cards and sentence != failures.CUT_SHORT:
            for event in failures.handoff(run.site):
                run.emit(event)
    return stop_reason


async def _ask_again(run: TurnRun, answer: str) -> None:
    """An answer that speaks of confirming shows what is to be confirmed: only to what is in sight can "yes" be said.

    Beside newer times or a hand-over the request stays asleep: a yes could mean those.
    """
    standing = run.context.standing
    if standing.proposal is None or standing.proposed_now or run.has_cards or not CONFIRMING.search(answer):
        return
    if (card := await threads.run(cards.waiting_card, run.access, standing.proposal.id)) is not None:
        run.emit(card)


def _over_budget(begun: Begun) -> str | None:
    """Why the model may not be asked any more, as a sentence for the customer."""
    if begun.turn.session_tokens >= MAX_SESSION_TOKENS:
        return failures.SESSION_FULL
    if begun.turn.tenant_tokens_today >= begun.site.assistant.daily_token_budget:
        return failures.BUDGET_SPENT
    if not begun.turn.reserved:
        return failures.SHARE_SPENT
    return None
