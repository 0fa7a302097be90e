"""Records, odds arithmetic, the book of one match and the in-play goal model."""
