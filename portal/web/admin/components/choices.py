"""Long choices: time zones and countries."""

import json
from zoneinfo import available_timezones

import phonenumbers
import reflex as rx

REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
# The browser knows what countries are called; sorted there, as the codes' order is not the names'.
COUNTRIES = """(globalThis.__countries ??= (() => {{
  const names = new Intl.DisplayNames(["en"], {{ type: "region" }});
  return {codes}.map((code) => ({{ code, name: names.of(code) }})).sort((a, b) => a.name.localeCompare(b.name));
}})())"""


def timezone_options() -> rx.Component:
    """All zones, by part of the world."""
    zones = sorted(zone for zone in available_timezones() if zone.partition("/")[0] in REGIONS)
    return rx.fragment(
        rx.el.option("UTC", value="UTC"),
        *(rx.el.optgroup(*map(_zone, _of_region(zones, region)), label=region) for region in REGIONS),
    )


def country_options() -> rx.Component:
    """All countries, by name."""
    codes = json.dumps(sorted(code for code in phonenumbers.SUPPORTED_REGIONS if len(code) == 2 and code.isalpha()))
    known: rx.Var[list[dict[str, str]]] = rx.Var(COUNTRIES.format(codes=codes), _var_type=list[dict[str, str]])
    return rx.foreach(known, lambda row: rx.el.option(row["name"], value=row["code"]))


def _of_region(zones: list[str], region: str) -> list[str]:
    return [zone for zone in zones if zone.startswith(f"{region}/")]


def _zone(zone: str) -> rx.Component:
    return rx.el.option(zone.partition("/")[2].replace("_", " "), value=zone)
