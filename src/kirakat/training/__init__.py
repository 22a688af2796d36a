"""Rendered pictures, the training set made from them, and training of the embedded generator."""
