"""Subscribing: who is told of what, confirmed by themselves, managed over HTTP."""
