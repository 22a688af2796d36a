"""Environment pictures with their geometry: loading, choosing, fitting to a layout."""
