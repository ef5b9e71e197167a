"""Design tokens: the colours Tailwind knows by name, and the class strings that components share.

The colours themselves (``portal.web.colors``) are set per tenant in the first HTML byte (``portal.web.head``), for
light and dark and always with enough contrast. So components name roles, never colours.
"""

from reflex_base.plugins.shared_tailwind import TailwindConfig

#: Role → CSS variable. Used as ``bg-brand``, ``text-on-brand``, ``border-line`` …
COLORS = {
    "brand": "var(--brand)",  # fills: buttons, badges
    "brand-hover": "var(--brand-hover)",
    "brand-edge": "var(--brand-edge)",  # outline of a fill: seen even where the brand is nearly the background
    "on-brand": "var(--on-brand)",  # text on brand
    "brand-text": "var(--brand-text)",  # brand-tinted text and links on page and card, readable in light and dark
    "brand-soft": "var(--brand-soft)",  # a faint tint for selected or highlighted areas
    "accent": "var(--accent)",
    "page": "var(--page)",
    "card": "var(--card)",
    "sunken": "var(--sunken)",
    "ink": "var(--ink)",
    "muted": "var(--muted)",
    "line": "var(--line)",
    "field": "var(--field)",  # border of inputs, 3:1 against the card
    "danger": "var(--danger)",
    "danger-soft": "var(--danger-soft)",
    "good": "var(--good)",
    "good-soft": "var(--good-soft)",
}

TAILWIND: TailwindConfig = {"theme": {"extend": {"colors": COLORS}}, "plugins": []}

CONTAINER = "mx-auto w-full max-w-5xl px-5 sm:px-8"
NARROW = "mx-auto w-full max-w-2xl px-5 sm:px-8"
FOCUS = "focus-visible:outline-2 focus-visible:outline-offset-2 focus-visible:outline-brand-text"

_BUTTON = (
    "inline-flex min-h-11 items-center justify-center gap-2 rounded-full px-6 py-2.5 text-base font-semibold "
    "transition-colors duration-150 disabled:cursor-not-allowed disabled:opacity-50 "
    f"cursor-pointer select-none {FOCUS}"
)
PRIMARY_BUTTON = f"{_BUTTON} border border-brand-edge bg-brand text-on-brand hover:bg-brand-hover"
SECONDARY_BUTTON = f"{_BUTTON} border border-line bg-card text-ink hover:border-field hover:bg-sunken"
DANGER_BUTTON = f"{_BUTTON} border border-danger bg-card text-danger hover:bg-danger-soft"
TEXT_LINK = f"rounded text-brand-text underline decoration-1 underline-offset-4 hover:decoration-2 {FOCUS}"

CARD = "rounded-2xl border border-line bg-card p-5 sm:p-6"
H1 = "text-4xl font-semibold tracking-tight text-balance text-ink sm:text-5xl"
H2 = "text-2xl font-semibold tracking-tight text-ink sm:text-3xl"
H3 = "text-lg font-semibold text-ink"
LEAD = "text-lg leading-relaxed text-pretty text-muted"
BODY = "text-base leading-relaxed text-pretty text-ink"
SMALL = "text-sm text-muted"
LABEL = "mb-1.5 block text-sm font-medium text-ink"
INPUT = (
    "block w-full min-h-11 rounded-xl border border-field bg-card px-4 py-2.5 text-base text-ink "
    f"placeholder:text-muted aria-invalid:border-danger {FOCUS}"
)
FIELD_ERROR = "mt-1.5 text-sm text-danger empty:hidden"
CHOICE = (  # a selectable tile or pill: a slot, a day, a service
    "min-h-11 rounded-xl border border-line bg-card px-4 py-2 text-base font-medium text-ink cursor-pointer "
    "hover:border-brand-text aria-pressed:border-brand-text aria-pressed:bg-brand-soft aria-checked:border-brand-text "
    f"aria-checked:bg-brand-soft disabled:cursor-not-allowed disabled:opacity-45 {FOCUS}"
)
BADGE = "inline-flex items-center rounded-full bg-brand-soft px-3 py-1 text-sm font-medium text-ink"
NOTICE = "rounded-xl border border-line bg-sunken px-4 py-3 text-base text-ink"
ERROR_NOTICE = "rounded-xl border border-danger bg-danger-soft px-4 py-3 text-base text-ink"
SUCCESS_NOTICE = "rounded-xl border border-good bg-good-soft px-4 py-3 text-base text-ink"
VISUALLY_HIDDEN = "sr-only"

# What waits for a page to come, unless a sibling marked ``peer/lost`` says that nothing will.
UNLESS_LOST = "peer-[:not(:empty)]/lost:hidden!"
