"""Prompts: pools, versions, schedules, previews, and how each does."""
