"""What is measured on a creative, what it certifies, and what the gate makes of it."""
