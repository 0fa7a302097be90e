"""One file for each command; `streams.cli` puts them together."""
