"""Scenes: the shipped ones, and a merchant's own with their geometry."""
