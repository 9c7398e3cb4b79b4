"""What can be asked of a network: its accuracy, and what its layers show."""
