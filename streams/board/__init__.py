"""The board wired: its clock, its topics, its store, its server."""
