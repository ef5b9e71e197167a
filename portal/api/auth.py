"""Signing in and out, the second factor, passwords and invitations: `/v1/admin/auth` and `/v1/admin/me`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from portal.api import deps
from portal.api.deps import Line, SignedIn, Strict, bearer_token, ip_hash, require_own_origin, session_cookie
from portal.api.errors import documented
from portal.core import threads
from portal.core.auth import Principal
from portal.domain import accounts
from portal.domain.accounts import Device, DeviceCookie, Kind, second_factor

DEVICE_PATH = "/v1/admin/auth"
router = APIRouter(prefix="/v1/admin", tags=["identity"])
Email = Annotated[Line, Field(min_length=3, max_length=254)]
# Never stripped or changed: every character counts.
Password = Annotated[StrictStr, Field(min_length=1, max_length=400)]
Code = Annotated[Line, Field(min_length=6, max_length=40, description="Six digits, or a recovery code.")]
Token = Annotated[StrictStr, Field(min_length=1, max_length=4096)]
WantsCookie = Annotated[
    StrictBool,
    Field(description="true: set the session cookie of the dashboard. false: answer with tokens for `Authorization`."),
]


class SignInIn(Strict):
    email: Email
    password: Password
    cookie: WantsCookie = False


class SecondStepIn(Strict):
    challenge: Token
    code: Code


class RefreshIn(Strict):
    refresh_token: Token


class PasswordIn(Strict):
    current_password: Password
    new_password: Password


class ConfirmIn(Strict):
    password: Password


class CodeIn(Strict):
    code: Code


class ForgottenIn(Strict):
    email: Email


class ResetIn(Strict):
    token: Token
    password: Password


class AcceptIn(Strict):
    token: Token
    password: Password | None = None
    display_name: Annotated[Line, Field(max_length=120)] = ""


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class MembershipOut(Shown):
    tenant_id: str
    slug: str
    status: str
    business_name: str
    role: str


class AccountOut(BaseModel):
    """Somebody signed in, as they see themselves."""

    user_id: str
    email: str
    display_name: str | None
    is_platform_admin: bool
    has_second_factor: bool
    tenants: list[MembershipOut]


class SignInOut(BaseModel):
    """`signed_in`, or `second_step`: then send the challenge with a code. Tokens only where no cookie was asked for."""

    status: str = Field(examples=["signed_in", "second_step"])
    challenge: str | None = None
    access_token: str | None = None
    token_type: str | None = None
    expires_in: int | None = None
    refresh_token: str | None = None
    user: AccountOut | None = None


class EnrolmentOut(BaseModel):
    secret: str
    uri: str
    qr_code: str = Field(description="A data: address of an SVG image.")


class RecoveryCodesOut(BaseModel):
    recovery_codes: list[str] = Field(description="Shown this once.")


class LinkOut(BaseModel):
    purpose: str
    email: str
    has_account: bool = Field(description="true: sign in first, then accept. false: choose a password.")
    business_name: str | None
    role: str | None


@router.post(
    "/auth/sign-in", response_model=SignInOut, summary="Sign in",
    responses=documented(400, 401, 403, 429, 503),
)  # fmt: skip
async def sign_in(request: Request, response: Response, body: SignInIn) -> SignInOut:
    """Unknown addresses, wrong passwords and disabled accounts get the same answer."""
    if body.cookie:
        require_own_origin(request)
    result = await threads.run(
        accounts.sign_in, body.email, body.password,
        device=device(request), kind=Kind.COOKIE if body.cookie else Kind.TOKEN, replaces=session_cookie(request),
    )  # fmt: skip
    return await _entered(request, response, result)


@router.post(
    "/auth/totp/sign-in", response_model=SignInOut, summary="Second step of signing in",
    responses=documented(400, 401, 403, 429, 503),
)  # fmt: skip
async def finish_sign_in(request: Request, response: Response, body: SecondStepIn) -> SignInOut:
    if session_cookie(request) is not None:
        require_own_origin(request)
    result = await threads.run(
        accounts.finish_sign_in, body.challenge, body.code, device=device(request), replaces=session_cookie(request)
    )
    return await _entered(request, response, result)


@router.post("/auth/refresh", response_model=SignInOut, summary="New tokens", responses=documented(400, 401, 503))
async def refresh(request: Request, response: Response, body: RefreshIn) -> SignInOut:
    """A refresh token counts once. One that comes back later ends the session: somebody else has it."""
    return await _entered(request, response, await threads.run(accounts.refresh, body.refresh_token))


@router.post("/auth/sign-out", status_code=204, summary="Sign out", responses=documented(400, 401, 403))
async def sign_out(request: Request, who: SignedIn, everywhere: bool = False) -> Response:
    """End this session; with `everywhere` all sessions of the account."""
    token = bearer_token(request)
    await threads.run(accounts.sign_out, who, access_token=token)
    if everywhere:
        await threads.run(accounts.sign_out_everywhere, who)
    response = Response(status_code=204)
    if token is None:
        response.delete_cookie(accounts.COOKIE_NAME, **_cookie_attributes(request))
    return response


@router.get("/me", response_model=AccountOut, summary="Who is signed in", responses=documented(401))
async def me(who: SignedIn, response: Response) -> AccountOut:
    response.headers["Cache-Control"] = "no-store"
    return await account_out(who)


@router.post("/auth/password", status_code=204, summary="Change the password", responses=documented(400, 401, 403, 429))
async def change_password(who: SignedIn, body: PasswordIn) -> Response:
    """All other sessions of the account end."""
    await threads.run(accounts.change_password, who, body.current_password, body.new_password)
    return Response(status_code=204)


@router.post(
    "/auth/password/forgotten", status_code=202, summary="Ask for a new password",
    responses=documented(400, 429),
)  # fmt: skip
async def forgotten(request: Request, body: ForgottenIn) -> dict[str, str]:
    """A link is mailed to the address, if it has an account; the answer is always the same."""
    await threads.run(accounts.request_reset, body.email, device=device(request))
    return {"status": "accepted"}


@router.post(
    "/auth/password/reset", status_code=204, summary="Choose a new password",
    responses=documented(400, 404, 429),
)  # fmt: skip
async def reset_password(request: Request, body: ResetIn) -> Response:
    await limit_links(request)
    view = await threads.run(accounts.reset_password, body.token, body.password)
    response = Response(status_code=204)
    _remember_device(request, response, accounts.name_device(view.email))
    return response


@router.post(
    "/auth/totp/enrol", response_model=EnrolmentOut, summary="Begin a second factor",
    responses=documented(401, 403, 409, 429),
)  # fmt: skip
async def enrol(response: Response, who: SignedIn, body: ConfirmIn) -> EnrolmentOut:
    response.headers["Cache-Control"] = "no-store"
    await threads.run(accounts.prove_own, who, body.password)
    begun = await threads.run(second_factor.begin, who)
    return EnrolmentOut(secret=begun.secret, uri=begun.uri, qr_code=begun.qr_code)


@router.post(
    "/auth/totp/confirm", response_model=RecoveryCodesOut, summary="Turn the second factor on",
    responses=documented(401, 403, 409, 429),
)  # fmt: skip
async def confirm(response: Response, who: SignedIn, body: CodeIn) -> RecoveryCodesOut:
    response.headers["Cache-Control"] = "no-store"
    return RecoveryCodesOut(recovery_codes=list(await threads.run(second_factor.confirm, who, body.code)))


@router.post(
    "/auth/totp/disable", status_code=204, summary="Turn the second factor off",
    responses=documented(401, 403, 429),
)  # fmt: skip
async def turn_off(who: SignedIn, body: CodeIn) -> Response:
    await threads.run(second_factor.turn_off, who, body.code)
    return Response(status_code=204)


@router.get("/auth/links", response_model=LinkOut, summary="What a link is for", responses=documented(400, 404, 429))
async def find_link(
    request: Request, response: Response, token: Annotated[str, Query(min_length=1, max_length=100)]
) -> LinkOut:
    response.headers["Cache-Control"] = "no-store"
    await limit_links(request)
    view = await threads.run(accounts.find_link, token)
    return LinkOut(**_fields(view, LinkOut))


@router.post(
    "/auth/invites/accept", response_model=LinkOut, summary="Accept an invitation",
    responses=documented(400, 401, 403, 404, 409, 429, 503),
)  # fmt: skip
async def accept_invite(request: Request, response: Response, body: AcceptIn) -> LinkOut:
    """Who has an account signs in first; everybody else chooses a password, and then signs in with it."""
    await limit_links(request)
    view = await threads.run(
        accounts.accept_invite, body.token,
        signed_in=await deps.find_principal(request), password=body.password, display_name=body.display_name,
    )  # fmt: skip
    _remember_device(request, response, accounts.name_device(view.email))
    return LinkOut(**_fields(view, LinkOut))


def device(request: Request) -> Device:
    """Where a request comes from."""
    known_as = [value for name, value in request.cookies.items() if name.startswith(accounts.DEVICE_COOKIE_PREFIX)]
    return Device(ip_hash(request), request.headers.get("user-agent", ""), tuple(known_as))


async def limit_links(request: Request) -> None:
    """Nobody tries links by the thousand. Raises RateLimited."""
    await deps.limit_visitor(request, "links", capacity=60, per_seconds=600.0)


async def account_out(who: Principal) -> AccountOut:
    found = await threads.run(accounts.me, who)
    tenants = [
        MembershipOut(**_fields(each, MembershipOut) | {"tenant_id": str(each.tenant_id)}) for each in found.tenants
    ]
    return AccountOut(
        user_id=str(found.user_id), email=found.email, display_name=found.display_name,
        is_platform_admin=found.is_platform_admin, has_second_factor=found.has_totp, tenants=tenants,
    )  # fmt: skip


async def _entered(
    request: Request, response: Response, result: "accounts.SignedIn | accounts.SecondStep"
) -> SignInOut:
    response.headers["Cache-Control"] = "no-store"
    if isinstance(result, accounts.SecondStep):
        return SignInOut(status="second_step", challenge=result.challenge)
    answer = SignInOut(status="signed_in", user=await account_out(result.principal))
    if result.cookie is not None:
        response.set_cookie(
            accounts.COOKIE_NAME, result.cookie, max_age=accounts.LIFETIME_SECONDS, **_cookie_attributes(request)
        )
    if result.device is not None:
        _remember_device(request, response, result.device)
    if result.tokens is not None:
        answer.access_token, answer.refresh_token = result.tokens.access_token, result.tokens.refresh_token
        answer.token_type, answer.expires_in = "bearer", result.tokens.expires_in
    return answer


def _remember_device(request: Request, response: Response, cookie: DeviceCookie) -> None:
    """Let this browser be known the next time. Who proved by a link that the account is theirs is known too."""
    attributes = _cookie_attributes(request) | {"path": DEVICE_PATH}
    response.set_cookie(cookie.name, cookie.value, max_age=accounts.DEVICE_LIFETIME_SECONDS, **attributes)


def _cookie_attributes(request: Request) -> dict[str, Any]:
    """Host-only: a session on one site is none on another."""
    https = request.scope.get("state", {}).get("scheme") == "https"
    return {"path": "/", "secure": https, "httponly": True, "samesite": "lax"}


def _fields(value: Any, shape: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in shape.model_fields}
