"""Who watches a session, and what each viewer still has to be sent."""
