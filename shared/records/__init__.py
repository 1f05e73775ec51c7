"""Records that one tier writes to the store and another reads, encoded after a format byte."""
