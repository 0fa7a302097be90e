"""Delivery: what is still to be told to whom, when it is tried again, when it is given up."""
