"""Speed, compared and under load: what is measured, how, and the tables of results."""
