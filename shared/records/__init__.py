"""Records that one tier writes to the store and another reads, as bytes behind a format byte."""
