"""Policies: estimates in, probabilities of the ready arms out. One algorithm a file."""
