"""The states behind the queue's two pages: a business's own, and the platform's."""

from typing import Any
from uuid import UUID

import reflex as rx

from portal.core import threads
from portal.domain import tenants
from portal.domain.admin import jobs
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.jobs.rows import FailureRow, QueueRow, Totals, failure_row, queue_row, totals

PAGE = 25


class QueueView(rx.State, mixin=True):
    """What is shown; which events lead to it, and who may send them, the two states say."""

    lines: rx.Field[list[QueueRow]] = rx.field(default_factory=list)
    totals: Totals = Totals()
    rows: rx.Field[list[FailureRow]] = rx.field(default_factory=list)
    is_whole_log: bool = False
    has_earlier: bool = False
    has_later: bool = False
    summary: str = ""
    discarding: str = ""  # id of the failure that is asked about
    loaded_for: str = ""

    _places: rx.Field[list[str]] = rx.field(default_factory=list)
    _next: str = ""

    async def _show(self, tenant_id: UUID | None, zone: str) -> None:
        principal = await self._principal()
        lines = await threads.run(jobs.overview, principal, tenant_id)
        after = self._places[-1] if self._places else None
        found = await threads.run(
            jobs.list_failures, principal, tenant_id, open_only=not self.is_whole_log, limit=PAGE, after=after
        )
        self.lines, self.totals = [queue_row(line) for line in lines], totals(lines)
        self.rows = [failure_row(each, zone) for each in found.items]
        self._next, self.has_earlier, self.has_later = found.next or "", bool(self._places), found.next is not None
        start = PAGE * len(self._places)
        self.summary = f"{start + 1}–{start + len(self.rows)}" if self.rows else ""
        self.loaded_for = str(tenant_id or "platform")

    def _step(self, *, later: bool) -> None:
        if later and self._next:
            self._places = [*self._places, self._next]
        elif not later:
            self._places = self._places[:-1]


class JobsState(QueueView, AdminState):
    """A business's jobs."""

    @admin_event(Action.JOBS_VIEW)
    async def load(self) -> None:
        """As it is now."""
        self.discarding, self._places = "", []
        await self._load()

    @admin_event(Action.JOBS_VIEW)
    async def show_whole_log(self, whole: bool) -> None:
        """Also what was dealt with."""
        self.is_whole_log, self._places = whole, []
        await self._load()

    @admin_event(Action.JOBS_VIEW)
    async def later(self) -> None:
        """The next page: older ones."""
        self._step(later=True)
        await self._load()

    @admin_event(Action.JOBS_VIEW)
    async def earlier(self) -> None:
        """The page before: newer ones."""
        self._step(later=False)
        await self._load()

    @admin_event(Action.JOBS_MANAGE, most=100)
    async def retry(self, failure_id: str) -> None:
        """Have the job done again."""
        await self._in_tenant(jobs.retry, as_id(failure_id))
        self._say("It is tried again now.")
        await self._load()

    @admin_event(Action.JOBS_MANAGE, most=100)
    async def ask_to_discard(self, failure_id: str) -> None:
        """Ask before a failure is put away; an empty id closes the question."""
        self.discarding = str(as_id(failure_id)) if failure_id else ""

    @admin_event(Action.JOBS_MANAGE)
    async def discard(self) -> None:
        """Put the failure away that was asked about."""
        failure_id, self.discarding = as_id(self.discarding), ""
        await self._in_tenant(jobs.discard, failure_id)
        self._say("Put away.")
        await self._load()

    async def _load(self) -> Any:
        tenant_id = self._tenant()
        await self._show(tenant_id, (await threads.run(tenants.site, tenant_id)).profile.timezone)


class PlatformJobsState(QueueView, AdminState):
    """Everybody's jobs, for those who run the platform. Times are in UTC."""

    @admin_event(Action.PLATFORM_JOBS_VIEW)
    async def load(self) -> None:
        """As it is now."""
        self.discarding, self._places = "", []
        await self._show(None, "UTC")

    @admin_event(Action.PLATFORM_JOBS_VIEW)
    async def show_whole_log(self, whole: bool) -> None:
        """Also what was dealt with."""
        self.is_whole_log, self._places = whole, []
        await self._show(None, "UTC")

    @admin_event(Action.PLATFORM_JOBS_VIEW)
    async def later(self) -> None:
        """The next page: older ones."""
        self._step(later=True)
        await self._show(None, "UTC")

    @admin_event(Action.PLATFORM_JOBS_VIEW)
    async def earlier(self) -> None:
        """The page before: newer ones."""
        self._step(later=False)
        await self._show(None, "UTC")

    @admin_event(Action.PLATFORM_JOBS_MANAGE, most=100)
    async def retry(self, failure_id: str) -> None:
        """Have the job done again."""
        await self._as_user(jobs.retry, None, as_id(failure_id))
        self._say("It is tried again now.")
        await self._show(None, "UTC")

    @admin_event(Action.PLATFORM_JOBS_MANAGE, most=100)
    async def ask_to_discard(self, failure_id: str) -> None:
        """Ask before a failure is put away; an empty id closes the question."""
        self.discarding = str(as_id(failure_id)) if failure_id else ""

    @admin_event(Action.PLATFORM_JOBS_MANAGE)
    async def discard(self) -> None:
        """Put the failure away that was asked about."""
        failure_id, self.discarding = as_id(self.discarding), ""
        await self._as_user(jobs.discard, None, failure_id)
        self._say("Put away.")
        await self._show(None, "UTC")
