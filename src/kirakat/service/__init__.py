"""The HTTP service: ask, get the original at once, be called back when the creative is ready."""
