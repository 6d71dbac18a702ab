"""The command line: serving a host, looking at a home, and the demo."""
