"""kirakat-tiny: a small generator in Stable Diffusion layout, trained from scratch here."""
