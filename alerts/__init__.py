"""Alerts: their contract and their life."""
