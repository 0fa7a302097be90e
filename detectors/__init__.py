"""Evidence: one detector per file, calibration and verdict."""
