"""The mask editor: draw, choose or re-segment the matte of a photo."""
