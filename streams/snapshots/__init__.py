"""Snapshots of the watch: its state as plain structures, kept in Kafka for a quick start."""
