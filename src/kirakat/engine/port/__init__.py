"""What callers know of the engine: enqueue, cancel, look up."""
