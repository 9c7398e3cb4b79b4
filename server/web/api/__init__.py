"""The HTTP interface for the page's scripts and for programs."""
