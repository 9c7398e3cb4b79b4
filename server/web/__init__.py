"""HTTP and websockets, and nothing else."""
