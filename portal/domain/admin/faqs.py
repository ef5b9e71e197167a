"""Questions that customers ask, and the business's answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from portal.core import db
from portal.domain.admin import edits, fields
from portal.domain.admin.catalog import Catalog
from portal.domain.permissions import Action
from portal.models import TenantFaq

MOST: Final = 300
RULES: Final[fields.Rules] = {
    "question": fields.line(300, required=True),
    "answer": fields.paragraphs(4000, required=True),
    "active": fields.flag,
}


@dataclass(frozen=True)
class FaqForm:
    """A question as it is edited. Neither customers nor the assistant see one that is not ``active``."""

    id: UUID
    question: str
    answer: str
    active: bool
    deleted_at: datetime | None
    version: str


def _stored(scope: db.Scope, values: dict[str, Any]) -> dict[str, Any]:
    return values


def _shown(scope: db.Scope, row: TenantFaq) -> FaqForm:
    columns = {name: getattr(row, name) for name in RULES}
    return FaqForm(id=row.id, deleted_at=row.deleted_at, version=edits.version_of(row), **columns)


CATALOG: Final = Catalog[TenantFaq, FaqForm](
    table=TenantFaq,
    target="faq",
    rules=RULES,
    required=("question", "answer"),
    defaults={},
    most=MOST,
    view=Action.FAQS_VIEW,
    edit=Action.FAQS_EDIT,
    stored=_stored,
    shown=_shown,
)
list_faqs = CATALOG.entries
get = CATALOG.get
create = CATALOG.create
update = CATALOG.update
delete = CATALOG.delete
restore = CATALOG.restore
reorder = CATALOG.reorder
