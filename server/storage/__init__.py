"""What outlives a process: sessions, checkpoints and graphs on disk."""
