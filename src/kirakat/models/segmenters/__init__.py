"""Models that find the product in a photo."""

from kirakat.models.segmenters.registry import load_segmenter

__all__ = ["load_segmenter"]
