"""What the pipeline's claims come to with any generator: one experiment a file."""
