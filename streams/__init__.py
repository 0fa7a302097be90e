"""Feeds, topics, Faust apps and the command line; wires all other folders."""
