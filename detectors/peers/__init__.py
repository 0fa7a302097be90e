"""What a user would do instead: known simple methods, to be held beside our own detectors.

They are no detectors of the watch and raise no alert; one file, one method.
"""
