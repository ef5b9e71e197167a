"""Class strings of the dashboard: denser than the customers' pages, of the same roles."""

from portal.web.theme import FOCUS

_BUTTON = (
    "inline-flex min-h-11 cursor-pointer items-center justify-center gap-2 rounded-lg px-4 py-2 text-sm font-semibold "
    "whitespace-nowrap transition-colors select-none disabled:cursor-not-allowed disabled:opacity-50 sm:min-h-10 "
    f"{FOCUS}"
)
PRIMARY = f"{_BUTTON} border border-brand-edge bg-brand text-on-brand hover:bg-brand-hover"
SECONDARY = f"{_BUTTON} border border-line bg-card text-ink hover:border-field hover:bg-sunken"
DANGER = f"{_BUTTON} border border-danger bg-card text-danger hover:bg-danger-soft"
QUIET = f"{_BUTTON} border border-transparent px-3! text-ink hover:bg-sunken"
ICON_BUTTON = (
    "inline-flex size-11 shrink-0 cursor-pointer items-center justify-center rounded-lg text-muted hover:bg-sunken "
    f"hover:text-ink disabled:cursor-not-allowed disabled:opacity-40 sm:size-10 {FOCUS}"
)
LINK = f"rounded text-brand-text underline decoration-1 underline-offset-4 hover:decoration-2 {FOCUS}"

PANEL = "rounded-xl border border-line bg-card"
TITLE = "text-2xl font-semibold tracking-tight text-ink"
SUBTITLE = "text-base font-semibold text-ink"
TEXT = "text-sm leading-relaxed text-pretty text-ink"
HINT = "text-sm leading-relaxed text-pretty text-muted"
LABEL = "mb-1 block text-sm font-medium text-ink"
INPUT = (
    "block w-full min-h-11 rounded-lg border border-field bg-card px-3 py-2 text-base text-ink placeholder:text-muted "
    f"aria-invalid:border-danger sm:min-h-10 sm:text-sm {FOCUS}"
)
ERROR = "mt-1 text-sm text-danger empty:hidden"
CHECKBOX = f"size-5 shrink-0 cursor-pointer accent-brand {FOCUS}"
