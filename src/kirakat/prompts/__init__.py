"""Prompts: pools, the category of an offer, rendering, linting."""
