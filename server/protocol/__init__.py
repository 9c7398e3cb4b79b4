"""What is said, by whom, to whom: page and server, session and trainer. No asyncio, no I/O."""
