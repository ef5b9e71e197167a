"""Building blocks of content pages."""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.inline import A as PlainAnchor  # type: ignore[import-untyped]

from portal.web import theme

#: A part whose list the tenant left empty is not shown at all.
HIDE_WHEN_EMPTY = "has-[[data-each]:empty]:hidden"


def section(title: str, *content: rx.Component, anchor: str, intro: rx.Component | None = None) -> rx.Component:
    """A titled part of a page, reachable as ``#anchor``; not shown while its list is empty."""
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title, class_name=theme.H2, id=f"{anchor}-title"),
            *([intro] if intro is not None else []),
            class_name="mb-6 flex flex-col gap-2",
        ),
        *content,
        id=anchor,
        aria_labelledby=f"{anchor}-title",
        class_name=f"{theme.CONTAINER} py-10 sm:py-12 {HIDE_WHEN_EMPTY}",
    )


def anchor_link(*content: Any, href: str, **props: Any) -> rx.Component:
    """A link the browser follows itself: to a place in a page, another site, a phone, a mail program."""
    return PlainAnchor.create(*content, href=href, **props)


def external_link(*content: Any, href: Any, **props: Any) -> rx.Component:
    """A link to somebody else's site, opened beside this one."""
    return PlainAnchor.create(*content, href=href, target="_blank", rel="noopener noreferrer", **props)
