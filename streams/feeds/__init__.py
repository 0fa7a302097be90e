"""One file for each feed format; see `streams.feeds.feed` for the contract."""
