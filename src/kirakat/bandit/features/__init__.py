"""Contexts: what is known of user, item and placement, as numbers."""
