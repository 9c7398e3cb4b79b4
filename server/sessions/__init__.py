"""One network's life on the server: viewers, commands, a trainer, what is remembered."""
