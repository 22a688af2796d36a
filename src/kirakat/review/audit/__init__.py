"""The audit page: what people did besides reviewing."""
