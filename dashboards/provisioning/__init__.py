"""Provisioning of a Grafana over its API: what is wanted, and the way there."""
