"""Shoppers with known tastes: what policies are compared on."""
