"""Feeds in, offers and their pictures out."""
