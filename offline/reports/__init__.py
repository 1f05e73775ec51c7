"""The stored report of a generation, as a document and as a page."""
