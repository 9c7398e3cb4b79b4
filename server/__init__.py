"""The web server of ConvNet Live: sessions, their training processes, and what the page is told."""
