"""What is kept: caches of finished work."""
