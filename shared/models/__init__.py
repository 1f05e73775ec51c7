"""Models: one file per family, each settings, parameters and scoring; what they are asked is a
batch of queries.
"""
