"""What every page of the dashboard stands on: each event asks anew who is signed in and what they may do.

Any client may send any event with any arguments, without ever loading a page. So nothing is believed that comes from
the browser, route parameters included: the session cookie is checked against the database, the tenant against the
person, and each argument against its type, before a handler's body runs.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import is_dataclass
from functools import wraps
from http.cookies import CookieError, SimpleCookie
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, get_type_hints, is_typeddict
from urllib.parse import quote
from uuid import UUID

import reflex as rx
from pydantic import ConfigDict, TypeAdapter, ValidationError

from portal.core import threads
from portal.core.auth import Principal
from portal.core.db import Access
from portal.core.errors import InvalidArgument, NotFound, PortalError, Unauthenticated
from portal.domain import accounts, permissions, tenants
from portal.domain.permissions import Action
from portal.web.admin.feedback_state import Feedback
from portal.web.public.focus import FocusTarget

LOGIN: Final = "/admin/login"
COOKIE: Final = "portal_session"
MAX_TEXT: Final = 60_000  # a legal text is the longest thing anybody types here
MAX_ITEMS: Final = 1000

P = ParamSpec("P")
T = TypeVar("T")
Handler = Callable[..., Awaitable[Any]]

_asking: ContextVar[Principal | None] = ContextVar("admin_principal", default=None)


class AdminState(Feedback, FocusTarget, rx.State):
    """Base of all states of the dashboard. Holds nothing of anybody; see ``shell_state`` for what the frame shows."""

    async def _principal(self) -> Principal:
        """Who is signed in on this connection, asked of the database in this very event. Raises Unauthenticated."""
        found = _asking.get()
        if found is None:
            token = session_token(self.router.headers.cookie)
            found = await threads.run(accounts.session_principal, token) if token else None
        if found is None:
            raise Unauthenticated
        return found

    def _tenant(self) -> UUID:
        """The tenant of the page's address. It says nothing about who may see it. Raises NotFound."""
        return as_id(str(getattr(self, "tenant_id", "")))

    async def _access(self, action: Action) -> Access:
        """The scope in which the signed-in person may do this here. Raises Unauthenticated, Forbidden, NotFound."""
        tenant_id = None if action.is_platform else self._tenant()
        return await threads.run(permissions.require, await self._principal(), tenant_id, action)

    async def _in_tenant(
        self, act: Callable[Concatenate[Principal, UUID, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a function of ``portal.domain.admin`` for the tenant of the page's address."""
        return await threads.run(act, await self._principal(), self._tenant(), *args, **kwargs)

    async def _as_user(self, act: Callable[Concatenate[Principal, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that concerns the person, or the platform."""
        return await threads.run(act, await self._principal(), *args, **kwargs)

    async def _zone(self) -> str:
        """Time zone of the business whose page this is."""
        return (await threads.run(tenants.site, self._tenant())).profile.timezone

    def _explain(self, error: PortalError) -> Any:
        """What a failed event leads to: the login page, or a sentence at the edge of the page."""
        if isinstance(error, Unauthenticated):
            return rx.redirect(login_address(str(self.router.url.path), str(self.router.url.query)))
        self._say(error.message, kind="error")
        return None


def admin_event(action: Action | Handler | None = None, *, background: bool = False, most: int = MAX_TEXT) -> Any:
    """Make a method a handler of the dashboard: ``@admin_event`` or, better, ``@admin_event(Action.FAQS_EDIT)``.

    Before the body runs, the session is checked, then the permission (for the tenant of the page's address), then each
    argument against its annotation, texts to be no longer than ``most``. Expected failures are explained to the
    person. The body is a coroutine or an asynchronous generator; in a ``background`` one, ``async with self`` is needed
    around every use of the state.
    """
    if callable(action) and not isinstance(action, Action):
        return admin_event()(action)

    def decorate(body: Handler) -> Any:
        guard = _Guard(body, action, background, most)
        guarded = guard.as_generator() if inspect.isasyncgenfunction(body) else guard.as_coroutine()
        guarded.__admin_action__ = action
        return rx.event(background=True)(guarded) if background else rx.event(guarded)

    return decorate


class _Guard:
    """What stands between the websocket and one handler's body."""

    def __init__(self, body: Handler, action: Action | None, background: bool, most: int) -> None:
        self.body, self.action, self.background, self.most = body, action, background, most
        self.signature, hints = inspect.signature(body), get_type_hints(body)
        names = list(self.signature.parameters)[1:]
        self.types = {name: TypeAdapter(hints[name], config=_strictness(hints[name])) for name in names}

    def as_coroutine(self) -> Any:
        @wraps(self.body)
        async def guarded(state: AdminState, *args: Any, **kwargs: Any) -> Any:
            with self._asking() as asking:
                try:
                    await asking(state)
                    return await self.body(state, **self._arguments(state, args, kwargs))
                except PortalError as error:
                    return await self._explain(state, error)

        return guarded

    def as_generator(self) -> Any:
        @wraps(self.body)
        async def guarded(state: AdminState, *args: Any, **kwargs: Any) -> Any:
            with self._asking() as asking:
                try:
                    await asking(state)
                    async for event in self.body(state, **self._arguments(state, args, kwargs)):
                        yield event
                except PortalError as error:
                    yield await self._explain(state, error)

        return guarded

    @contextmanager
    def _asking(self) -> Iterator[Callable[[AdminState], Awaitable[None]]]:
        """Within the block, the person found by calling what it yields is who asks. Nobody at first."""
        token = _asking.set(None)

        async def admit(state: AdminState) -> None:
            async with AsyncExitStack() as stack:
                if self.background:
                    await stack.enter_async_context(state)
                _asking.set(await state._principal())
                if self.action is not None:
                    await state._access(self.action)

        try:
            yield admit
        finally:
            _asking.reset(token)

    def _arguments(self, state: AdminState, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name, each of its annotated type. Raises InvalidArgument."""
        try:
            given = dict(list(self.signature.bind(state, *args, **kwargs).arguments.items())[1:])
            checked = {name: self.types[name].validate_python(value) for name, value in given.items()}
        except (TypeError, ValidationError):
            raise InvalidArgument from None
        if not all(_is_bounded(value, self.most) for value in checked.values()):
            raise InvalidArgument("That is too long.")
        return checked

    async def _explain(self, state: AdminState, error: PortalError) -> Any:
        if not self.background:
            return state._explain(error)
        async with state:
            return state._explain(error)


def session_token(cookie_header: str) -> str:
    """The session's token in a Cookie header; empty when there is none, or more than one."""
    try:
        names = [part.strip().partition("=")[0] for part in cookie_header.split(";")]
        if names.count(COOKIE) != 1:
            return ""
        return SimpleCookie(cookie_header)[COOKIE].value
    except (CookieError, KeyError):
        return ""


def as_id(text: str) -> UUID:
    """Raises NotFound for anything that is not written as a UUID."""
    try:
        found = UUID(text)
    except ValueError:
        raise NotFound from None
    if str(found) != text.lower():
        raise NotFound
    return found


def login_address(path: str, query: str = "") -> str:
    """The login page, and where to go from there."""
    back = f"{path}?{query}" if query else path
    return f"{LOGIN}?next={quote(back, safe='/')}" if path.startswith("/admin/") and path != LOGIN else LOGIN


def _strictness(hint: Any) -> ConfigDict | None:
    return None if is_typeddict(hint) or is_dataclass(hint) else ConfigDict(strict=True)


def _is_bounded(value: Any, most: int, depth: int = 0) -> bool:
    if isinstance(value, str):
        return len(value) <= most
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        return len(value) <= MAX_ITEMS and depth < 4 and all(_is_bounded(each, most, depth + 1) for each in value)
    return True
