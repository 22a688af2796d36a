"""From a rough guess of the product to a soft matte and clean rim colours."""
