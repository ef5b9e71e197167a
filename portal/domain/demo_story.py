"""One demo business's story while it is told: its rows, by table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from portal.domain.demo_tenants import NAMESPACE, DemoTenant

Row = dict[str, Any]


@dataclass
class Story:
    """In the order in which the rows may be stored."""

    demo: DemoTenant
    now: datetime
    services: list[Any]
    hours: Mapping[str, list[list[str]]]
    random: Random = field(init=False)
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(self.demo.slug)  # noqa: S311 - the same for everybody on purpose
        self.zone = ZoneInfo(self.demo.timezone)

    def add(self, table: str, **values: Any) -> Row:
        """A row with an id; all rows of a table have the same columns."""
        return self.put(table, id=self.identity(table, len(self.rows.get(table, ()))), **values)

    def put(self, table: str, **values: Any) -> Row:
        row = {"tenant_id": self.demo.id, **values}
        self.rows.setdefault(table, []).append(row)
        return row

    def identity(self, *of: object) -> UUID:
        return uuid5(NAMESPACE, "/".join(map(str, (self.demo.slug, *of))))
