"""What the receptionist knows: the system prompt, read section by section, and what tools told of the business."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from portal.sandbox.anthropic.receptionist.transcript import Happening, ToolRun

_HEADING = re.compile(r"^#{1,4}\s+(.+?)\s*#*$")
_SERVICE = re.compile(r"^\s*[-*]\s+(?P<name>.+?)\s+\((?:service_)?id:\s*(?P<id>[^)\s]+)\s*\)\s*:?\s*(?P<rest>.*)$")
_DETAILS = re.compile(r"^(?P<minutes>\d+)\s*min\w*\.?(?:,\s*(?P<price>.+?))?(?:\.(?:\s+(?P<description>.*))?)?$")
_NOW = re.compile(
    r"date and time\W*:?\s*[^\d\n]*(\d{4}-\d{2}-\d{2})[ T,]+(?:at )?(\d{1,2}:\d{2})(?::\d{2})?\s*(?:\(([^)]+)\))?", re.I
)
_LABELLED = re.compile(r"^\s*[-*]?\s*(?:\*\*)?(?P<label>[A-Z][\w /-]{1,40}?)(?:\*\*)?:\s+(?P<text>.+)$")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Service:
    """Something that can be booked; price in words as it was given."""

    id: str
    name: str
    minutes: int | None = None
    price: str = ""
    description: str = ""


@dataclass(frozen=True)
class Entry:
    """A question with its answer; policies are entries too, under their label."""

    question: str
    answer: str


@dataclass(frozen=True)
class Facts:
    """Everything known about the business and the moment; `now` is local time without a zone."""

    business: str = "our business"
    phone: str = ""
    email: str = ""
    address: str = ""
    services: tuple[Service, ...] = ()
    hours: tuple[str, ...] = ()
    faqs: tuple[Entry, ...] = ()
    policies: tuple[Entry, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    timezone: str = ""

    def service(self, service_id: str) -> Service | None:
        """The service of that id, or None."""
        return next((service for service in self.services if service.id == service_id), None)

    @property
    def contact(self) -> str:
        """How to reach a person, as the end of a sentence; empty when nothing is known."""
        ways = [f"by phone at {self.phone}" if self.phone else "", f"by e-mail at {self.email}" if self.email else ""]
        return " or ".join(way for way in ways if way)


def read_facts(
    system: Sequence[str], messages: Sequence[str], story: Iterable[Happening], fallback_now: datetime
) -> Facts:
    """Facts from the system prompt's blocks and from tool results of the conversation.

    The time is looked for in the prompt first, and only then in `messages`, where a customer may have written.
    """
    sections = _sections("\n".join(system))
    business = sections.get("business", [])
    facts = Facts(
        business=_name(business) or "our business",
        phone=_value(business, "phone", "telephone", "call"),
        email=_value(business, "email", "e-mail"),
        address=_value(business, "address", "location"),
        services=tuple(_services(sections.get("services", []))),
        hours=tuple(_plain(line) for line in sections.get("hours", sections.get("opening hours", [])) if line.strip()),
        faqs=tuple(_faqs(sections.get("frequently asked questions", sections.get("faq", [])))),
        policies=tuple(_policies(sections.get("policies", []))),
        now=fallback_now,
    )
    for happening in story:
        if isinstance(happening, ToolRun):
            facts = _told_by_tool(facts, happening)
    return _with_now(facts, [*messages, *system])


def _sections(text: str) -> dict[str, list[str]]:
    """Lines under each heading; a heading that occurs again goes on where it left off."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        heading = _HEADING.match(line.strip())
        if heading:
            current = sections.setdefault(heading[1].lower(), [])
        elif line.strip():
            current.append(line)
    return sections


def _plain(line: str) -> str:
    return re.sub(r"^\s*[-*]\s+", "", line).replace("**", "").strip()


def _value(lines: list[str], *labels: str) -> str:
    for line in lines:
        match = _LABELLED.match(line)
        if match and any(label in match["label"].lower() for label in labels):
            return match["text"].strip()
    return ""


def _name(lines: list[str]) -> str:
    named = _value(lines, "name", "business")
    if named or not lines:
        return named.rstrip(".")
    first = _plain(lines[0])
    return re.split(r"[.,:(–—]|\s-\s|\s(?:is|offers)\s", first)[0].strip()


def _services(lines: list[str]) -> list[Service]:
    found: list[Service] = []
    for line in lines:
        match = _SERVICE.match(line)
        if match is None:
            continue
        details = _DETAILS.match(match["rest"].strip())
        if details is None:
            found.append(Service(match["id"], match["name"], description=match["rest"].strip()))
            continue
        found.append(
            Service(
                id=match["id"],
                name=match["name"],
                minutes=int(details["minutes"]),
                price=(details["price"] or "").strip(),
                description=(details["description"] or "").strip(),
            )
        )
    return found


def _faqs(lines: list[str]) -> list[Entry]:
    found: list[Entry] = []
    for line in lines:
        plain = _plain(line)
        if plain.startswith("Q:"):
            found.append(Entry(plain[2:].strip(), ""))
        elif found:
            found[-1] = replace(found[-1], answer=f"{found[-1].answer} {plain.removeprefix('A:').strip()}".strip())
    return [entry for entry in found if entry.answer]


def _policies(lines: list[str]) -> list[Entry]:
    found: list[Entry] = []
    for line in lines:
        match = _LABELLED.match(line)
        if match:
            found.append(Entry(match["label"].strip(), match["text"].strip()))
        else:
            text = _plain(line)
            found.append(Entry(text, text))
    return found


def _with_now(facts: Facts, texts: Sequence[str]) -> Facts:
    for text in reversed(texts):
        for day, clock, zone in reversed(_NOW.findall(text)):
            try:
                now = datetime.fromisoformat(f"{day} {clock.zfill(5)}")
            except ValueError:
                continue
            return replace(facts, now=now, timezone=zone)
    return facts


def _told_by_tool(facts: Facts, run: ToolRun) -> Facts:
    if run.name == "get_services" and isinstance(run.result.get("services"), list):
        told = tuple(_told_service(item) for item in run.result["services"] if isinstance(item, dict) and "id" in item)
        return replace(facts, services=told or facts.services)
    if run.name == "get_business_info" and run.error is None:
        info = _flat(run.result)
        return replace(
            facts,
            business=facts.business if facts.business != "our business" else info.get("business_name", facts.business),
            phone=facts.phone or info.get("phone", ""),
            email=facts.email or info.get("email", ""),
            address=facts.address or info.get("address", info.get("address_line1", "")),
            hours=facts.hours or _told_hours(run.result),
        )
    return facts


def _told_service(item: dict[str, Any]) -> Service:
    minutes = item.get("duration_minutes")
    return Service(
        id=str(item["id"]),
        name=str(item.get("name", "")),
        minutes=minutes if isinstance(minutes, int) else None,
        price=str(item.get("price") or ""),
        description=str(item.get("description") or ""),
    )


def _flat(value: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, item in value.items():
        if isinstance(item, dict):
            found = {**_flat(item), **found}
        elif isinstance(item, str) and item:
            found[key] = item
    return found


def _told_hours(result: dict[str, Any]) -> tuple[str, ...]:
    """Opening hours from whatever shape they came in: lines, or a mapping of days."""
    hours = result.get("hours", result.get("business_hours"))
    if isinstance(hours, str):
        return tuple(line.strip() for line in hours.splitlines() if line.strip())
    if isinstance(hours, list):
        return tuple(" ".join(map(str, line)) if isinstance(line, list) else str(line) for line in hours)
    if isinstance(hours, dict):
        return tuple(f"{day.capitalize()}: {_spans(spans)}" for day, spans in hours.items())
    return ()


def _spans(spans: Any) -> str:
    if isinstance(spans, list):
        said = [f"{span[0]}–{span[1]}" if isinstance(span, list) and len(span) == 2 else str(span) for span in spans]
        return ", ".join(said) or "closed"
    return str(spans)


def hours_of_day(facts: Facts, weekday: int) -> str | None:
    """The line of opening hours that speaks of that weekday (0 is Monday) alone, or None."""
    name = _WEEKDAYS[weekday]
    for line in facts.hours:
        if re.match(rf"(?:{name}|{name[:3]})\b\s*[:–-]?\s", line.lower() + " "):
            return line
    return None
