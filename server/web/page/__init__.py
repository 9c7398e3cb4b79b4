"""The pages that people open, and their static files."""
