"""Errands as people see them: what was asked of a worker, and what came of it."""
