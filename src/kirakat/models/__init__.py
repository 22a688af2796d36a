"""Models behind small protocols; heavy imports stay lazy."""
