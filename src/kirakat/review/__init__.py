"""Pages where people step in: queue, mask editor, prompts, catalogue, dashboard."""
