"""Pixels: resampling, colour, geometry, placements, buckets and encoding."""
