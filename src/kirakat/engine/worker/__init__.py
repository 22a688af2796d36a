"""The process that renders what was enqueued, publishes it and calls back."""
