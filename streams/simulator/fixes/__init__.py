"""Fixes, one file each: `work_out(fix, rng, scene)` draws what is done to a match.

The file's name is the typology's.
"""
