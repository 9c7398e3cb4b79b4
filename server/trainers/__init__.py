"""How a session reaches whatever trains for it."""
