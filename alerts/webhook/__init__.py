"""Webhooks: Standard Webhooks, sent to no address that is not meant."""
