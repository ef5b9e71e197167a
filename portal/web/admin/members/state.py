"""The state behind the page of members."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx

from portal.core.errors import Conflict, InvalidArgument
from portal.domain import accounts, phrases
from portal.domain.accounts import Invitation, Member, Status
from portal.domain.permissions import Action, Role
from portal.web.admin.base_state import AdminState, admin_event, as_id
from portal.web.admin.components.forms import field_id
from portal.web.admin.shell_state import ROLE_NAMES

ROLES = (Role.TENANT_ADMIN, Role.TENANT_STAFF)
NO_ERRORS = {"email": "", "role": ""}


@dataclass(frozen=True)
class MemberRow:
    """A member as the list shows them. ``status``: active | disabled."""

    id: str = ""
    name: str = ""
    email: str = ""
    role: str = ""
    role_name: str = ""
    status: str = ""
    has_totp: bool = False
    is_me: bool = False
    last_seen: str = ""


@dataclass(frozen=True)
class InviteRow:
    """An invitation that nobody has used yet."""

    id: str = ""
    email: str = ""
    role_name: str = ""
    expires: str = ""


class MembersState(AdminState):
    """Members and open invitations. A new link is shown once and not kept: leaving the dialog drops it."""

    members: rx.Field[list[MemberRow]] = rx.field(default_factory=list)
    invites: rx.Field[list[InviteRow]] = rx.field(default_factory=list)
    loaded_for: str = ""
    errors: dict[str, str] = NO_ERRORS
    is_inviting: bool = False
    link: str = ""
    link_title: str = ""
    link_expires: str = ""
    disabling: str = ""
    disabling_name: str = ""

    @admin_event(Action.MEMBERS_VIEW)
    async def enter(self) -> None:
        """On every load of the page."""
        self.link, self.is_inviting, self.disabling = "", False, ""
        await self._refresh()

    # --- inviting ----------------------------------------------------------------------------------------------------

    @admin_event(Action.MEMBERS_MANAGE)
    async def start_invite(self) -> None:
        """The dialog that asks whom."""
        self.errors, self.is_inviting = NO_ERRORS, True

    @admin_event(Action.MEMBERS_MANAGE)
    async def leave_invite(self) -> None:
        self.is_inviting = False

    @admin_event(Action.MEMBERS_MANAGE)
    async def invite(self, form: dict[str, Any]) -> None:
        """A link for somebody new, shown once."""
        email, role = str(form.get("email", "")).strip(), _role(str(form.get("role", "")))
        try:
            made = await self._in_tenant(accounts.invite, email=email, role=role)
        except (InvalidArgument, accounts.AlreadyMember) as error:
            self.errors = NO_ERRORS | {"email": error.message}
            self._focus(field_id("email"))
            return
        self.is_inviting = False
        await self._show_link(f"Invitation for {email}", made)
        await self._refresh()

    @admin_event(Action.MEMBERS_MANAGE)
    async def revoke(self, invite_id: str) -> None:
        """Make an unused link worthless."""
        await self._in_tenant(accounts.revoke_invite, as_id(invite_id))
        await self._refresh()
        self._say("Invitation withdrawn: its link no longer works.")

    @admin_event(Action.MEMBERS_MANAGE)
    async def reset_password(self, user_id: str) -> None:
        """A link with which a member chooses a new password, shown once."""
        member = self._member(user_id)
        made = await self._in_tenant(accounts.create_reset_link, as_id(user_id))
        await self._show_link(f"New password for {member.email}", made)

    @admin_event(Action.MEMBERS_MANAGE)
    async def leave_link(self) -> None:
        """The link is gone for good; a new one can be made."""
        self.link = self.link_title = self.link_expires = ""

    # --- changing ----------------------------------------------------------------------------------------------------

    @admin_event(Action.MEMBERS_MANAGE)
    async def change_role(self, user_id: str, role: str) -> None:
        """In force at once, in open tabs too."""
        before = self._member(user_id)
        wanted = _role(role)
        if before.role == wanted.value:
            return
        if await self._change(user_id, role=wanted):
            undo = MembersState.change_role(user_id, before.role)
            self._say(f"{before.name} is now {ROLE_NAMES[wanted].lower()}.", undo=undo)

    @admin_event(Action.MEMBERS_MANAGE)
    async def ask_disable(self, user_id: str) -> None:
        """The question before somebody is shut out."""
        member = self._member(user_id)
        self.disabling, self.disabling_name = user_id, member.name

    @admin_event(Action.MEMBERS_MANAGE)
    async def leave_disable(self) -> None:
        self.disabling = ""

    @admin_event(Action.MEMBERS_MANAGE)
    async def disable(self) -> None:
        """Out at once, open tabs included."""
        user_id, self.disabling = self.disabling, ""
        if user_id and await self._change(user_id, status=Status.DISABLED):
            self._say(f"{self.disabling_name} is shut out.", undo=MembersState.enable(user_id))

    @admin_event(Action.MEMBERS_MANAGE)
    async def enable(self, user_id: str) -> None:
        """In again."""
        if await self._change(user_id, status=Status.ACTIVE):
            self._say(f"{self._member(user_id).name} can sign in again.")

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _change(self, user_id: str, *, role: Role | None = None, status: Status | None = None) -> bool:
        try:
            await self._in_tenant(accounts.change_member, as_id(user_id), role=role, status=status)
        except Conflict as error:
            self._say(error.message, kind="error")
            await self._refresh()  # the select shows the stored role again
            return False
        await self._refresh()
        return True

    async def _refresh(self) -> None:
        principal, zone = await self._principal(), await self._zone()
        members = await self._in_tenant(accounts.list_members)
        invites = await self._in_tenant(accounts.list_invites)
        self.members = [_member_row(member, zone, is_me=member.user_id == principal.user_id) for member in members]
        self.invites = [_invite_row(invite, zone) for invite in invites]
        self.loaded_for = str(self._tenant())

    async def _show_link(self, title: str, link: accounts.Link) -> None:
        self.link, self.link_title = link.url, title
        self.link_expires = phrases.slot_label(link.expires_at, await self._zone())

    def _member(self, user_id: str) -> MemberRow:
        return next((member for member in self.members if member.id == user_id), MemberRow())


def _role(text: str) -> Role:
    if text not in ROLES:
        raise InvalidArgument("This role cannot be given here.", details={"field": "role"})
    return Role(text)


def _member_row(member: Member, zone: str, *, is_me: bool) -> MemberRow:
    return MemberRow(
        id=str(member.user_id),
        name=member.display_name or member.email,
        email=member.email,
        role=member.role.value,
        role_name=ROLE_NAMES[member.role],
        status=member.status,
        has_totp=member.has_totp,
        is_me=is_me,
        last_seen=_seen(member.last_seen_at, zone),
    )


def _invite_row(invite: Invitation, zone: str) -> InviteRow:
    expires = phrases.slot_label(invite.expires_at, zone)
    return InviteRow(str(invite.id), invite.email, ROLE_NAMES[invite.role], expires)


def _seen(moment: datetime | None, zone: str) -> str:
    return phrases.slot_label(moment, zone) if moment else "Never signed in"
