"""Contestants: programs that read the same topic, each in a process and a way of its own.

Each is run as `python -m benchmarks.contestants.NAME JOB BROKER TOPIC COUNT` and prints what it
took, as `Told` in JSON.
"""
