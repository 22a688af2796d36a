"""Edge detectors for the control image."""
