"""The lists a page can repeat, known to the build (tokens) and to the server (values) alike."""

from typing import Final

#: Lists and their rows' fields. Each field becomes the token ``%%list.field%%`` in a prerendered row.
LISTS: Final[dict[str, tuple[str, ...]]] = {
    "sandbox": ("label",),
    "logo": ("url",),
    "mark": ("initial",),
    "glance": ("label", "text"),
    "services": ("id", "name", "description", "duration", "price"),
    "hours": ("day", "text", "current"),
    "address_lines": ("text",),
    "map": ("href",),
    "phones": ("text", "href"),
    "emails": ("text", "href"),
    "websites": ("text", "href"),
    "faqs": ("question", "answer"),
    "policies": ("title", "text"),
    "privacy": ("heading", "text"),
    "terms": ("heading", "text"),
    # Somebody's own: filled for the holder of one booking's link, by portal.web.own_booking, and empty for all others.
    "booking": (
        "greeting",
        "status",
        "status_title",
        "service",
        "day",
        "time",
        "where",
        "price",
        "history",
        "calendar_path",
        "google_url",
    ),
    # For the holder of a link that opens nothing.
    "lost_link": ("title",),
}
