"""Signatures of thinking blocks: a client must hand them back unchanged, so that thinking can't be forged."""

import base64
import hashlib
import hmac

# A fixed key: a conversation that the client stored must still be valid after this program was started anew.
_KEY = b"thinking-signatures-of-the-stand-in"


def sign(thinking: str) -> str:
    """The signature of a thinking text."""
    return base64.b64encode(hmac.new(_KEY, thinking.encode(), hashlib.sha256).digest()).decode()


def is_valid(thinking: str, signature: str) -> bool:
    """Whether the text came from here unchanged."""
    return hmac.compare_digest(sign(thinking).encode(), signature.encode())
