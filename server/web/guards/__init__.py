"""What a request or connection must pass before anything else happens."""
