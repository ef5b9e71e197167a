"""CSV files over HTTP."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from portal.api.admin.deps import READING, Shown, Version

Apply = Annotated[bool, Query(description="false: only look what would happen.")]
Seen = Annotated[Version | None, Query(description="Of the report that was looked at; required to apply.")]
EXPORT: dict[int | str, dict[str, Any]] = READING | {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The file"}
}


class ReportLineOut(Shown):
    number: int = Field(description="Line of the file; the heading is 1.")
    action: str = Field(examples=["create", "update", "unchanged", "error"])
    name: str
    field: str | None
    message: str | None


class ReportOut(Shown):
    """With any error nothing is applied."""

    applied: bool
    created: int
    updated: int
    unchanged: int
    errors: int
    version: str
    notes: list[str] = Field(description="What was assumed about the file, in sentences.")
    lines: list[ReportLineOut]


def download(content: bytes | Iterator[bytes], name: str) -> Response:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    if isinstance(content, bytes):
        return Response(content, media_type="text/csv", headers=headers)
    return StreamingResponse(content, media_type="text/csv", headers=headers)
