"""Physically based pictures: scenes, training pairs and the sample catalogue (Mitsuba 3)."""
