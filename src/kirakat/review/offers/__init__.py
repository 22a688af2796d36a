"""One offer: its photo, all its creatives, and what people may do about them."""
