"""The routes beside resolve, one resource a file."""
