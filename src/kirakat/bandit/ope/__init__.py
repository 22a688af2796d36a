"""Off-policy evaluation: what a policy would have earned, from another policy's log."""
