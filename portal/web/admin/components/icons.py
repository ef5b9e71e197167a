"""Line icons on a 20-pixel grid, drawn for this dashboard."""

import reflex as rx

PATHS = {
    "home": "M3.5 9 10 3.5 16.5 9v7.5h-4.5V12h-4v4.5H3.5z",
    "calendar": "M3.5 5h13v11.5h-13zM3.5 8.5h13M7 3v3.5M13 3v3.5",
    "chat": "M17 9.5a6.5 6.5 0 0 1-9.6 5.7L3.5 16l1-3.4A6.5 6.5 0 1 1 17 9.5z",
    "message": "M3.5 4.5h13v9H9l-4 3v-3H3.5zM7 8h6M7 10.5h4",
    "pulse": "M2.5 10.5h3.5L8 5l3.5 10.5 2-5h4",
    "tag": "M3.5 3.5h6l7 7-6 6-7-7zM7 7v.01",
    "question": "M10 17.5a7.5 7.5 0 1 1 0-15 7.5 7.5 0 0 1 0 15zM8 8a2 2 0 1 1 3 1.7c-.7.4-1 .9-1 1.6M10 14v.01",
    "settings": "M3 6h8M15 6h2M3 14h2M9 14h8M11 6a2 2 0 1 0 4 0 2 2 0 0 0-4 0zM5 14a2 2 0 1 0 4 0 2 2 0 0 0-4 0z",
    "people": (
        "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 16.5c0-3 2-5 5-5s5 2 5 5M13 4a2.7 2.7 0 0 1 0 5.2M14.5 "
        "11.8c2 .6 3 2.3 3 4.7"
    ),
    "list": "M7.5 5h9M7.5 10h9M7.5 15h9M3.5 5v.01M3.5 10v.01M3.5 15v.01",
    "building": "M4 17V3.5h8V17M12 8h4.5v9M2.5 17h15M7 7h2M7 10h2M7 13h2",
    "search": "M9 14.5a5.5 5.5 0 1 1 0-11 5.5 5.5 0 0 1 0 11zM13 13l4 4",
    "menu": "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
    "close": "M5 5l10 10M15 5 5 15",
    "plus": "M10 4v12M4 10h12",
    "up": "M5 12.5 10 7.5l5 5",
    "down": "M5 7.5l5 5 5-5",
    "left": "M12.5 5 7.5 10l5 5",
    "right": "M7.5 5l5 5-5 5",
    "check": "M4 10.5 8.5 15 16 6",
    "warning": "M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14.3v.01",
    "open": "M8 4.5H4.5v11h11V12M11 4h5v5M16 4l-7 7",
    "grip": "M7.5 5v.01M7.5 10v.01M7.5 15v.01M12.5 5v.01M12.5 10v.01M12.5 15v.01",
    "user": "M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17c.5-3.2 3-5 6.5-5s6 1.8 6.5 5",
    "out": "M8 3.5H4v13h4M12.5 6.5 16 10l-3.5 3.5M16 10H8",
    "switch": "M6.5 8 10 4.5 13.5 8M6.5 12l3.5 3.5L13.5 12",
    "palette": (
        "M10 3a7 7 0 1 0 0 14c1.2 0 1.5-.8 1.2-1.7-.5-1.4.2-2.3 1.6-2.3H15c1.3 0 2-.9 2-2.5C17 6 14 3 10 "
        "3zM7 7.5v.01M11 6.5v.01M6.5 11v.01"
    ),
    "plug": "M7 3v4M13 3v4M5 7h10v2a5 5 0 0 1-10 0zM10 14v3.5",
    "bolt": "M11 2.5 4.5 11.5H10l-1 6 6.5-9H10z",
    "eye": "M2.5 10s2.8-5 7.5-5 7.5 5 7.5 5-2.8 5-7.5 5-7.5-5-7.5-5zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
}  # fmt: skip


def icon(name: str, *, class_name: str = "size-5") -> rx.Component:
    """A decorative icon in the text's colour; what it means must also stand there in words."""
    return rx.el.svg(
        rx.el.path(d=PATHS[name], stroke_width="1.6", stroke_linecap="round", stroke_linejoin="round"),
        view_box="0 0 20 20",
        fill="none",
        stroke="currentColor",
        aria_hidden="true",
        class_name=f"{class_name} shrink-0",
    )
