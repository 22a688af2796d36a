"""The same models without work that repeats: one loop, fixed shapes, no waiting for decoders."""
