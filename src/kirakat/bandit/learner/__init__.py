"""From decisions and events to sums, and from sums to snapshots."""
