"""Every operation under ``/v1/admin`` as the OpenAPI document has it, with requests that would work."""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from PIL import Image

from portal.core import clock
from tests.factories import TWILIO

# Signing in and one's own account belong to no tenant; they have tests of their own.
PERSONAL = re.compile(r"^/v1/admin/(?:auth/|me$)")
BY_NAME: dict[str, Any] = {
    "email": "somebody@example.com", "customer_email": "somebody@example.com", "slug": "new-slug",
    "hostname": "book.new-shop.com", "timezone": "Europe/Paris", "website_url": "https://new.example",
    "logo_url": "https://new.example/logo.png", "primary_color": "#123456", "accent_color": "#123456",
    "country": "US", "phone": "+12125550142", "customer_phone": "+12125550142", "currency": "EUR",
    "role": "tenant_staff", "status": "active", "duration_minutes": 30, "vertical": "general",
    "model": "claude-haiku-4-5", **TWILIO,
    "business_hours": {"mon": [["09:00", "17:00"]]}, "day": "2026-11-23", "version": "20260101T000000.000000",
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    description: Mapping[str, Any] = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def subject(self) -> str:
        """The same for the two forms of a path: ``GET services/{service_id}``."""
        return f"{self.method} {self.path.removeprefix('/v1/admin').removeprefix('/tenants/{tenant_id}').strip('/')}"

    @property
    def is_of_tenant(self) -> bool:
        return not self.path.startswith("/v1/admin/platform/") and self.path != "/v1/admin/tenants"

    @property
    def is_flat(self) -> bool:
        return self.is_of_tenant and "{tenant_id}" not in self.path

    def request(self, ids: Mapping[str, Any], tenant_id: Any) -> dict[str, Any]:
        """Arguments of ``ask``: whole and valid, of this tenant and these ids."""
        if self.path.endswith("/restore"):
            ids = {name: ids.get(f"deleted_{name}", each) for name, each in ids.items()}
        if self.path.endswith("/discard"):
            ids = {name: ids.get(f"other_{name}", each) for name, each in ids.items()}
        path = self.path.replace("{tenant_id}", str(tenant_id))
        path = re.sub(r"{(\w+)}", lambda found: str(ids[found[1]]), path)
        headers = {"Idempotency-Key": f"key-{uuid4().hex}"} | ({"X-Tenant-Id": str(tenant_id)} if self.is_flat else {})
        params = {
            each["name"]: self._value(each["name"], each["schema"], ids)
            for each in self.description.get("parameters", ())
            if each["in"] == "query" and each.get("required")
        }
        return {"method": self.method, "path": path, "headers": headers, "params": params, **self._body(ids, headers)}

    def _body(self, ids: Mapping[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        content = self.description.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            return {"json": self._value("body", content["application/json"]["schema"], ids)}
        if "image/png" in content:
            headers["Content-Type"] = "image/png"
            return {"content": picture()}
        if "text/csv" in content:
            headers["Content-Type"] = "text/csv"
            heading = "question,answer" if "faqs" in self.path else "name,description"
            return {"content": f"{heading}\nNew,Text\n".encode()}
        assert not content, f"{self}: a body this test does not know"
        return {}

    def _value(self, name: str, schema: Mapping[str, Any], ids: Mapping[str, Any]) -> Any:
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema:
            return self._value(name, schema["anyOf"][0], ids)
        if schema.get("type") == "object" and "properties" in schema:
            return {key: self._value(key, each, ids) for key, each in schema["properties"].items() if self._wanted(key)}
        if name in BY_NAME:
            return BY_NAME[name]
        if name == "start_time":
            return _free_time(hour=14 if self.is_flat else 10)
        if name in ids:
            return ids[name] if isinstance(ids[name], int) else str(ids[name])
        if schema.get("type") == "array":
            return [str(ids["service_id"])] if name == "ids" else [self._value(name, schema["items"], ids)]
        return _plain_value(schema)

    def _wanted(self, key: str) -> bool:
        # A tenant is renamed or opened, not both.
        return not (self.subject == "PATCH " and key == "slug")


def _plain_value(schema: Mapping[str, Any]) -> Any:
    if schema.get("format") == "uuid":
        return str(uuid4())
    if "enum" in schema:
        return schema["enum"][0]
    return {"integer": 1, "boolean": True, "object": {}}.get(str(schema.get("type")), "Some text")


def _free_time(hour: int) -> str:
    day = clock.now() + timedelta(days=3)
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("America/New_York")).isoformat()


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 40), "#2563eb").save(made, "PNG")
    return made.getvalue()


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        if path.startswith("/v1/admin/") and not PERSONAL.match(path):
            for method, description in methods.items():
                yield Operation(method.upper(), path, description, document)
