"""Whether a message says yes or no to the request on the table: decided by code, never by a model.

``spelling`` brings a message to plain words, ``grammar`` covers them with known phrases, one module per language holds
the phrases, and ``reading`` draws the conclusion.
"""

from portal.assistant.guardrails.consent.reading import Consent, consent_in

__all__ = ["Consent", "consent_in"]
