"""Catalogues: how far each is covered, what is missing and why, and orders about all of it."""
