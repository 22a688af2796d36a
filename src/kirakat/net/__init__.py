"""Reaching addresses that strangers wrote, and no others."""
