"""Durable work: the port that the service enqueues through, and the worker that renders."""
