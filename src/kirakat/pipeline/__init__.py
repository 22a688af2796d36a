"""The five steps from a product photo to a creative."""
