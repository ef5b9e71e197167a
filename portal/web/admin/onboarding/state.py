"""The steps of setting up, and which of them are done. Each step's own form has its own state."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from portal.core.errors import Conflict, InvalidArgument
from portal.domain.admin import launch, tenants
from portal.domain.admin.launch import NotReady
from portal.domain.permissions import Action
from portal.web.admin.base_state import AdminState, admin_event
from portal.web.admin.onboarding.services_state import StarterServicesState
from portal.web.admin.settings.branding import BrandingState
from portal.web.admin.settings.hours import HoursState
from portal.web.admin.settings.integrations_state import IntegrationsState
from portal.web.admin.settings.profile import ProfileState

STEPS = ("business", "hours", "services", "calendar", "look", "live")
LOADERS: dict[str, Any] = {
    "business": ProfileState.load,
    "hours": HoursState.load,
    "services": StarterServicesState.load,
    "calendar": IntegrationsState.load,
    "look": BrandingState.load,
}
# Which of the checklist's items are done in which step.
ITEMS = {
    "business": ("profile",),
    "hours": ("hours",),
    "services": ("services",),
    "calendar": ("calendar", "event_types"),
    "look": ("branding",),
}


@dataclass(frozen=True)
class CheckItem:
    key: str = ""
    title: str = ""
    hint: str = ""
    step: str = ""
    is_done: bool = False
    is_required: bool = True


class OnboardingState(AdminState):
    """Where somebody is on the way."""

    step: str = "business"
    done: rx.Field[list[str]] = rx.field(default_factory=list)  # steps with nothing left to do
    items: rx.Field[list[CheckItem]] = rx.field(default_factory=list)
    is_ready: bool = False
    is_live: bool = False
    slug: str = ""
    slug_error: str = ""
    loaded_for: str = ""

    _version: str = ""

    @rx.var
    def step_number(self) -> int:
        return STEPS.index(self.step)

    @admin_event(Action.TENANT_LAUNCH)
    async def enter(self) -> Any:
        """At the first step that is not done."""
        await self._check()
        self.slug, self.slug_error = (await self._in_tenant(tenants.get)).slug, ""
        self.loaded_for = str(self._tenant())
        return self._to("live" if self.is_live else next((step for step in STEPS if step not in self.done), "live"))

    @admin_event(Action.TENANT_LAUNCH)
    async def go_to(self, step: str) -> Any:
        """Any step, in any order: what is missing is said at the end."""
        await self._check()
        return self._to(step)

    @admin_event(Action.TENANT_LAUNCH)
    async def go_on(self, step: str) -> Any:
        """After ``step``'s own form was sent: on to the next one, unless it was refused."""
        await self._check()
        if step not in STEPS or await self._has_errors(step):
            return None
        return self._to(STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)])

    @admin_event(Action.TENANT_LAUNCH)
    async def rename(self, form: dict[str, Any]) -> None:
        """Another address for the site, before it opens."""
        try:
            renamed = await self._in_tenant(tenants.rename, str(form.get("slug", "")), version=self._version)
        except (InvalidArgument, Conflict) as error:
            if error.details.get("field") != "slug":
                raise
            self.slug_error = error.message
            return
        self.slug, self.slug_error, self._version = renamed.slug, "", renamed.version
        self._say("Address saved.")

    @admin_event(Action.TENANT_LAUNCH)
    async def go_live(self) -> None:
        """Open the site."""
        try:
            await self._in_tenant(tenants.go_live, version=self._version)
        except NotReady:
            await self._check()
            self._say("Something is still missing.", kind="error")
            return
        await self._check()
        self._focus("live-title")

    def _to(self, step: str) -> Any:
        if step not in STEPS:
            return None
        self.step = step
        self._focus("step-title")
        return LOADERS.get(step)

    async def _check(self) -> None:
        found = await self._in_tenant(launch.checklist)
        steps = {key: step for step, keys in ITEMS.items() for key in keys}
        self.items = [
            CheckItem(each.key, each.title, each.hint, steps.get(each.key, ""), each.done, each.required)
            for each in found.steps
        ]
        left = {item.step for item in self.items if not item.is_done}
        self.done = [step for step in ITEMS if step not in left]
        self.is_ready, self.is_live, self._version = found.ready, found.status != "onboarding", found.version

    async def _has_errors(self, step: str) -> bool:
        if step == "business":
            form = await self.get_state(ProfileState)
            return bool(form.conflict) or any(form.errors.values())
        if step == "hours":
            return bool((await self.get_state(HoursState)).problem)
        if step == "services":
            return bool((await self.get_state(StarterServicesState)).problem)
        if step == "look":
            form = await self.get_state(BrandingState)
            return bool(form.conflict) or any(form.errors.values())
        return False
