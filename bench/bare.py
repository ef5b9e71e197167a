"""What the product is compared with: a bare Starlette route that answers the same bytes."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def app() -> Starlette:
    """Answers the bytes of the file named in ``BENCH_BODY``."""
    body = Path(os.environ["BENCH_BODY"]).read_bytes()

    async def tenant(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    async def healthz(_request: Request) -> Response:
        return Response()

    return Starlette(routes=[Route("/v1/public/tenant", tenant), Route("/healthz", healthz)])
