"""What pictures cost: planned before, accounted for after."""
