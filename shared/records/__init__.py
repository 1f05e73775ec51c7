"""The blobs that one tier writes into the store and another reads, each with a format byte in
front.
"""
