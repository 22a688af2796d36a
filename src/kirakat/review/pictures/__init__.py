"""Pictures for the pages: creatives, photos, and what was kept of the steps."""
