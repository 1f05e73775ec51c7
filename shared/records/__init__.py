"""Records that one tier writes to the store and another reads, encoded behind a format byte."""
