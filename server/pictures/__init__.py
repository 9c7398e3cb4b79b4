"""Reading the pictures that people upload, in processes that can be killed at any moment."""
