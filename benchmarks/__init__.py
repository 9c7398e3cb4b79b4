"""Speed beside others and under load: what is measured, how, and the tables that come of it."""
