"""Callbacks on the wire: what they say, how they are signed, when they are sent and to whom."""
