"""What is counted of conversations. Labels come from bounded sets; nothing of a customer is in them."""

from prometheus_client import Counter, Histogram

TURNS = Counter("portal_chat_turns_total", "Turns by how they ended.", ("outcome",))
FIRST_WORD_SECONDS = Histogram(
    "portal_chat_first_word_seconds",
    "From the customer's message to the first word of the answer.",
    buckets=(0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30),
)
TOOL_CALLS = Counter("portal_chat_tool_calls_total", "Calls of the model's tools by result.", ("tool", "result"))
TOKENS = Counter("portal_chat_tokens_total", "Tokens of the model by kind.", ("kind",))

OUTCOMES = frozenset(
    ("end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal", "model_context_window_exceeded", "filtered",
     "confirmed", "asked_again", "fallback", "budget", "error")
)  # fmt: skip


def count_turn(stop_reason: str) -> None:
    TURNS.labels(stop_reason if stop_reason in OUTCOMES else "other").inc()
