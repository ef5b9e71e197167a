"""Questions and answers: list, edit, order, hide, delete and restore; CSV in and out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import StrictBool

from portal.api.admin import sheets
from portal.api.admin.deps import (
    READING,
    WRITING,
    OrderedOut,
    OrderIn,
    Shown,
    TenantId,
    Text,
    Versioned,
    VersionQuery,
    file_body,
)
from portal.api.admin.services import Deleted
from portal.api.admin.sheets import ReportOut
from portal.api.deps import SignedIn, Strict
from portal.core import threads
from portal.domain.admin import csv, faqs
from portal.domain.admin.catalog import Listing
from portal.domain.admin.faqs import FaqForm

router = APIRouter(tags=["admin: FAQs"])


class FaqOut(Shown):
    id: UUID
    question: str
    answer: str
    active: bool
    deleted_at: datetime | None
    version: str


class FaqIn(Strict):
    question: Text
    answer: Text
    active: StrictBool = True


class FaqChangeIn(Versioned):
    question: Text = ""
    answer: Text = ""
    active: StrictBool = True


def _listed(found: Listing[FaqForm]) -> OrderedOut[FaqOut]:
    return OrderedOut(items=[FaqOut.model_validate(each) for each in found.items], order_version=found.order_version)


@router.get("/faqs", response_model=OrderedOut[FaqOut], summary="FAQs", responses=READING)
async def list_faqs(who: SignedIn, tenant_id: TenantId, deleted: Deleted = False) -> OrderedOut[FaqOut]:
    """In the business's order, hidden ones too; all on one page."""
    return _listed(await threads.run(faqs.list_faqs, who, tenant_id, deleted=deleted))


@router.post("/faqs", status_code=201, response_model=FaqOut, summary="Add a question", responses=WRITING)
async def create_faq(who: SignedIn, tenant_id: TenantId, body: FaqIn) -> Any:
    return await threads.run(faqs.create, who, tenant_id, body.model_dump())


@router.put("/faqs/order", response_model=OrderedOut[FaqOut], summary="Order the questions", responses=WRITING)
async def order_faqs(who: SignedIn, tenant_id: TenantId, body: OrderIn) -> OrderedOut[FaqOut]:
    return _listed(await threads.run(faqs.reorder, who, tenant_id, body.ids, version=body.version))


@router.get("/faqs/export", summary="FAQs as CSV", response_class=Response, responses=sheets.EXPORT)
async def export_faqs(who: SignedIn, tenant_id: TenantId) -> Response:
    return sheets.download(await threads.run(csv.FAQS.export, who, tenant_id), "faqs.csv")


@router.post(
    "/faqs/import", response_model=ReportOut, summary="FAQs from CSV", responses=WRITING,
    openapi_extra=dict(file_body("text/csv")),
)  # fmt: skip
async def import_faqs(
    request: Request, who: SignedIn, tenant_id: TenantId, apply: sheets.Apply = False, version: sheets.Seen = None
) -> Any:
    """The body is the file. First look what it would do; then send it again with `apply` and the report's `version`."""
    return await threads.run(csv.FAQS.load, who, tenant_id, await request.body(), apply=apply, version=version)


@router.get("/faqs/{faq_id}", response_model=FaqOut, summary="One question", responses=READING)
async def get_faq(who: SignedIn, tenant_id: TenantId, faq_id: UUID) -> Any:
    return await threads.run(faqs.get, who, tenant_id, faq_id)


@router.patch("/faqs/{faq_id}", response_model=FaqOut, summary="Change a question", responses=WRITING)
async def change_faq(who: SignedIn, tenant_id: TenantId, faq_id: UUID, body: FaqChangeIn) -> Any:
    """Customers and the assistant see the change at once."""
    return await threads.run(faqs.update, who, tenant_id, faq_id, body.changes(), version=body.version)


@router.delete("/faqs/{faq_id}", response_model=FaqOut, summary="Delete a question", responses=WRITING)
async def delete_faq(who: SignedIn, tenant_id: TenantId, faq_id: UUID, version: VersionQuery) -> Any:
    """It is put aside and can be restored."""
    return await threads.run(faqs.delete, who, tenant_id, faq_id, version=version)


@router.post("/faqs/{faq_id}/restore", response_model=FaqOut, summary="Restore a question", responses=WRITING)
async def restore_faq(who: SignedIn, tenant_id: TenantId, faq_id: UUID, body: Versioned) -> Any:
    return await threads.run(faqs.restore, who, tenant_id, faq_id, version=body.version)
