"""A training run from its first batch on, with its running means."""
