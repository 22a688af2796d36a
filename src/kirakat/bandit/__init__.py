"""The bandit: which background a shopper, an item and a placement deserve.

Pure: features and sufficient statistics in, probabilities and snapshots out. Nothing here reads a
clock, a database or a random source.
"""
