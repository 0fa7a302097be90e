"""Benchmarks: what a record costs at each step of its way, and what peers cost on the same feed."""
