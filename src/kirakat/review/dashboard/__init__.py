"""The dashboard: what the system does now, what it learned, and what experiments say."""
