"""The board: the local web page on which officers see cases and act on them."""
