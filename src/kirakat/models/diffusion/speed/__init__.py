"""How fast generation is, how fast arithmetic lets it be, and what each optimisation brings."""
