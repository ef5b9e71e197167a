"""A tenant's members and invitations: `/v1/admin/tenants/{tenant_id}/members`; the platform's own admins."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from portal.api.auth import Email
from portal.api.deps import SignedIn, Strict
from portal.api.errors import documented
from portal.core import threads
from portal.domain import accounts
from portal.domain.accounts import Status
from portal.domain.permissions import Role

router = APIRouter(prefix="/v1/admin", tags=["members"])
TenantRole = Annotated[Role, Field(description="tenant_admin or tenant_staff")]


class InviteIn(Strict):
    email: Email
    role: TenantRole


class AdminInviteIn(Strict):
    email: Email


class MemberChangeIn(Strict):
    role: TenantRole | None = None
    status: Status | None = None


class DisabledIn(Strict):
    disabled: StrictBool


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class MemberOut(Shown):
    user_id: UUID
    email: str
    display_name: str | None
    role: str
    status: str
    has_totp: bool
    joined_at: datetime
    last_seen_at: datetime | None


class InvitationOut(Shown):
    id: UUID
    email: str
    role: str
    created_at: datetime
    expires_at: datetime


class MembersOut(BaseModel):
    members: list[MemberOut]
    invites: list[InvitationOut]


class NewLinkOut(Shown):
    id: UUID
    url: str = Field(description="Hand it to the person it is for: whoever has it can use it, once. Shown only now.")
    expires_at: datetime


@router.get(
    "/tenants/{tenant_id}/members", response_model=MembersOut, summary="Members and open invitations",
    responses=documented(401, 403, 404),
)  # fmt: skip
async def list_members(tenant_id: UUID, who: SignedIn) -> MembersOut:
    members = await threads.run(accounts.list_members, who, tenant_id)
    invites = await threads.run(accounts.list_invites, who, tenant_id)
    return MembersOut(
        members=[MemberOut.model_validate(member) for member in members],
        invites=[InvitationOut.model_validate(invite) for invite in invites],
    )


@router.patch(
    "/tenants/{tenant_id}/members/{user_id}", status_code=204, summary="Change a member's role, or shut them out",
    responses=documented(400, 401, 403, 404, 409),
)  # fmt: skip
async def change_member(tenant_id: UUID, user_id: UUID, who: SignedIn, body: MemberChangeIn) -> Response:
    """In force at once. The last admin of a business stays one."""
    await threads.run(accounts.change_member, who, tenant_id, user_id, role=body.role, status=body.status)
    return Response(status_code=204)


@router.post(
    "/tenants/{tenant_id}/members/{user_id}/reset-link", status_code=201, response_model=NewLinkOut,
    summary="A link for a new password", responses=documented(401, 403, 404),
)  # fmt: skip
async def create_reset_link(tenant_id: UUID, user_id: UUID, who: SignedIn, response: Response) -> NewLinkOut:
    response.headers["Cache-Control"] = "no-store"
    return NewLinkOut.model_validate(await threads.run(accounts.create_reset_link, who, tenant_id, user_id))


@router.post(
    "/tenants/{tenant_id}/invites", status_code=201, response_model=NewLinkOut, summary="Invite somebody",
    responses=documented(400, 401, 403, 404, 409, 429),
)  # fmt: skip
async def invite(tenant_id: UUID, who: SignedIn, body: InviteIn, response: Response) -> NewLinkOut:
    """The link is shown to the inviter, and mailed where mail is set up. It replaces an older one."""
    response.headers["Cache-Control"] = "no-store"
    link = await threads.run(accounts.invite, who, tenant_id, email=body.email, role=body.role)
    return NewLinkOut.model_validate(link)


@router.delete(
    "/tenants/{tenant_id}/invites/{invite_id}", status_code=204, summary="Revoke an invitation",
    responses=documented(401, 403, 404),
)  # fmt: skip
async def revoke_invite(tenant_id: UUID, invite_id: UUID, who: SignedIn) -> Response:
    await threads.run(accounts.revoke_invite, who, tenant_id, invite_id)
    return Response(status_code=204)


@router.post(
    "/platform/invites", status_code=201, response_model=NewLinkOut, summary="Invite a platform admin",
    responses=documented(400, 401, 403, 409, 429),
)  # fmt: skip
async def invite_platform_admin(who: SignedIn, body: AdminInviteIn, response: Response) -> NewLinkOut:
    response.headers["Cache-Control"] = "no-store"
    link = await threads.run(accounts.invite, who, None, email=body.email, role=Role.PLATFORM_ADMIN)
    return NewLinkOut.model_validate(link)


@router.put(
    "/platform/users/{user_id}/disabled", status_code=204, summary="Shut somebody out of the platform, or let them in",
    responses=documented(400, 401, 403, 404),
)  # fmt: skip
async def set_user_disabled(user_id: UUID, who: SignedIn, body: DisabledIn) -> Response:
    await threads.run(accounts.set_user_disabled, who, user_id, disabled=body.disabled)
    return Response(status_code=204)
