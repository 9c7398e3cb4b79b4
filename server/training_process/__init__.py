"""Everything that runs inside a training process; it loads no web framework."""
