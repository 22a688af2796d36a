"""A/B tests: definitions, assignment, lift, reports."""
