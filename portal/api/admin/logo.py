"""Logos: uploaded by admins, served to everybody by every web process."""

import re
from typing import Any

from fastapi import APIRouter, Request, Response

from portal.api.admin.deps import WRITING, TenantId, VersionQuery, file_body
from portal.api.admin.settings import BrandingOut
from portal.api.deps import SignedIn
from portal.api.errors import documented
from portal.core import threads
from portal.core.errors import NotFound
from portal.domain.admin import branding, logos

router = APIRouter(tags=["admin: settings"])
public = APIRouter(tags=["public"])
NAME = re.compile(r"([0-9a-f]{64})\.(png|webp)")
FOREVER = "public, max-age=31536000, immutable"
PICTURE: dict[str, Any] = {"content": {"image/png": {}, "image/webp": {}}, "description": "The picture"}


@router.put(
    "/branding/logo", response_model=BrandingOut, summary="Upload a logo", responses=WRITING,
    openapi_extra=dict(file_body("image/png", "image/jpeg", "image/webp")),
)  # fmt: skip
async def upload_logo(request: Request, who: SignedIn, tenant_id: TenantId, version: VersionQuery) -> Any:
    """The body is the picture itself, at most 1 MB; what it is, its content says. `version` is the branding's."""
    return await threads.run(branding.upload_logo, who, tenant_id, await request.body(), version=version)


@public.get(
    "/v1/public/logo/{name}", summary="An uploaded logo", response_class=Response,
    responses=documented(404, _200=PICTURE),
)  # fmt: skip
async def get_logo(request: Request, name: str) -> Response:
    """Its name says what it holds: it never changes."""
    found = NAME.fullmatch(name)
    if found is None:
        raise NotFound
    headers = {"Cache-Control": FOREVER, "ETag": f'"{found[1]}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    logo = await threads.run(logos.find, found[1])
    if logo is None or logos.EXTENSIONS[logo.content_type] != found[2]:
        raise NotFound
    return Response(logo.content, media_type=logo.content_type, headers=headers)
