"""Training steps, with helper processes that share a batch."""
