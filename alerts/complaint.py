"""Failures that were foreseen: told to the user in one line, never as a traceback."""


class Complaint(Exception):
    """What cannot go on, in words: what was wrong, where, and what to do. Exit status 1.

    Examples
    --------
    >>> raise Complaint("store /data is held by process 71; end it first")
    Traceback (most recent call last):
    ...
    alerts.complaint.Complaint: store /data is held by process 71; end it first
    """


class Misuse(Complaint):
    """What was asked for cannot be: a bad setting, file or name. Exit status 2."""
