"""The queue: what waits for a person, in a grid or one by one."""
