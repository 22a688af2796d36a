"""What tests of several areas build upon."""
