"""The states behind the queue's two pages: a business's own, and the platform's."""

from typing import Any
from uuid import UUID

import reflex as rx

from portal.domain.admin import jobs
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.jobs.rows import FailureRow, QueueRow, Totals, failure_row, queue_row, totals
from portal.web.admin.paged import Paged, steps

PAGE = 25


class QueueView(Paged, rx.State, mixin=True):
    """A queue and what failed in it: a business's, or the platform's, where times are in UTC."""

    lines: rx.Field[list[QueueRow]] = rx.field(default_factory=list)
    totals: Totals = Totals()
    rows: rx.Field[list[FailureRow]] = rx.field(default_factory=list)
    is_whole_log: bool = False
    discarding: str = ""  # id of the failure that is asked about

    def _whose(self) -> UUID | None:
        """The business whose jobs these are; None: everybody's."""
        return self._tenant()

    async def _load(self) -> None:
        whose = self._whose()
        lines = await self._as_user(jobs.overview, whose)
        found = await self._as_user(
            jobs.list_failures, whose, open_only=not self.is_whole_log, limit=PAGE, after=self._after
        )
        zone = await self._zone() if whose else "UTC"
        self.lines, self.totals = [queue_row(line) for line in lines], totals(lines)
        self.rows = [failure_row(each, zone) for each in found.items]
        self._show_page(found, PAGE)
        self.loaded_for = str(whose or "platform")


def looking(action: Action) -> tuple[Any, Any]:
    """The handlers ``load`` and ``show_whole_log`` of a :class:`QueueView`."""

    @admin_event(action)
    async def load(self: Any) -> None:
        """As it is now."""
        self.discarding = ""
        await self._first_page()

    @admin_event(action)
    async def show_whole_log(self: Any, whole: bool) -> None:
        """Also what was dealt with."""
        self.is_whole_log = whole
        await self._first_page()

    return load, show_whole_log


def dealing(action: Action) -> tuple[Any, Any, Any]:
    """The handlers ``retry``, ``ask_to_discard`` and ``discard`` of a :class:`QueueView`."""

    @admin_event(action, most=100)
    async def retry(self: Any, failure_id: str) -> None:
        """Have the job done again."""
        await self._as_user(jobs.retry, self._whose(), as_id(failure_id))
        self._say("It is tried again now.")
        await self._load()

    @admin_event(action, most=100)
    async def ask_to_discard(self: Any, failure_id: str) -> None:
        """Ask before a failure is put away; an empty id closes the question."""
        self.discarding = str(as_id(failure_id)) if failure_id else ""

    @admin_event(action)
    async def discard(self: Any) -> None:
        """Put the failure away that was asked about."""
        failure_id, self.discarding = as_id(self.discarding), ""
        await self._as_user(jobs.discard, self._whose(), failure_id)
        self._say("Put away.")
        await self._load()

    return retry, ask_to_discard, discard


class JobsState(QueueView, AdminState):
    """A business's jobs."""

    load, show_whole_log = looking(Action.JOBS_VIEW)
    later, earlier = steps(Action.JOBS_VIEW)
    retry, ask_to_discard, discard = dealing(Action.JOBS_MANAGE)


class PlatformJobsState(QueueView, AdminState):
    """Everybody's jobs, for those who run the platform."""

    load, show_whole_log = looking(Action.PLATFORM_JOBS_VIEW)
    later, earlier = steps(Action.PLATFORM_JOBS_VIEW)
    retry, ask_to_discard, discard = dealing(Action.PLATFORM_JOBS_MANAGE)

    def _whose(self) -> UUID | None:
        return None
