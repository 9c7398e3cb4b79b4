"""Training steps, each batch split over helper processes."""
