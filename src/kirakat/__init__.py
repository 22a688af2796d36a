"""Kirakat: product images at catalogue scale, and the right one for each shopper.

Importing the package is light: torch, diffusers, onnxruntime and mitsuba are imported
only by the functions that use them.
"""

__version__ = "0.1.0"
