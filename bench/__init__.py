"""Measurements of what the product promises; ``python -m bench`` runs them all."""
