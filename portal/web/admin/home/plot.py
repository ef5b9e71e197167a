"""Bookings per day as bars, drawn as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import reflex as rx

from portal.domain.admin.overview import DayCount

WIDTH, HEIGHT = 448, 160
TOP, BOTTOM = 20, 34  # room for the numbers above the bars, and the days below
GAP = 8
LEAST = 3


@dataclass(frozen=True)
class Bar:
    """Geometry in the drawing's units, and what is written at it."""

    key: str = ""
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0
    middle: int = 0
    count: str = ""
    day: str = ""
    number: str = ""
    time: str = ""  # past | today | ahead


def bars(days: Sequence[DayCount], today: date) -> list[Bar]:
    """One bar a day, the highest as high as there is room."""
    step = WIDTH / max(1, len(days))
    most = max((each.bookings for each in days), default=0)
    return [_bar(each, index * step, step - GAP, most, today) for index, each in enumerate(days)]


def _bar(each: DayCount, x: float, width: float, most: int, today: date) -> Bar:
    room = HEIGHT - TOP - BOTTOM
    height = max(LEAST, round(room * each.bookings / most)) if each.bookings else 2
    when = "today" if each.day == today else "past" if each.day < today else "ahead"
    return Bar(
        key=each.day.isoformat(),
        x=round(x),
        y=HEIGHT - BOTTOM - height,
        width=round(width),
        height=height,
        middle=round(x + width / 2),
        count=str(each.bookings) if each.bookings else "",
        day=f"{each.day:%a}"[:2],
        number=str(each.day.day),
        time=when,
    )


def plot(shown: rx.Var[list[Bar]], words: Any) -> rx.Component:
    """``words`` say the same as the picture."""
    return rx.el.svg(
        rx.el.title(words),
        rx.foreach(shown, _drawn),
        view_box=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_name="h-auto w-full text-ink",
    )


def _drawn(bar: rx.Var[Bar]) -> rx.Component:
    return rx.el.g(
        rx.el.rect(
            x=bar.x,
            y=bar.y,
            width=bar.width,
            height=bar.height,
            rx=4,
            custom_attrs={"data-time": bar.time},
            class_name="fill-brand data-[time=past]:fill-muted/50",
        ),
        _text(bar.count, bar.middle, bar.y - 6, "fill-ink text-[13px] font-semibold"),
        _text(bar.day, bar.middle, HEIGHT - 18, "fill-muted text-[12px]"),
        _text(
            bar.number,
            bar.middle,
            HEIGHT - 3,
            "fill-muted text-[12px] data-[time=today]:fill-ink data-[time=today]:font-bold",
            time=bar.time,
        ),
        key=bar.key,
    )


def _text(words: Any, x: Any, y: Any, class_name: str, time: Any = "") -> rx.Component:
    return rx.el.text(words, x=x, y=y, text_anchor="middle", custom_attrs={"data-time": time}, class_name=class_name)
