"""The commands that use the engine without a page."""
