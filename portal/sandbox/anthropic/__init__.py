"""Stand-in for the Anthropic Messages API: strict protocol, prompt cache, queued turns, and a rule-driven receptionist.

`routes` belong under the provider's base path (`/anthropic`), `control_routes` at the root.
"""

from portal.sandbox.anthropic.control import control_routes
from portal.sandbox.anthropic.endpoints import routes
from portal.sandbox.anthropic.state import sandbox

reset = sandbox.reset
use_clock = sandbox.use_clock

__all__ = ["control_routes", "reset", "routes", "use_clock"]
