"""Recommendation models: one file per family with its settings, parameters and scoring.

`port` has the protocols, `registry` the list of families, `files` the storage format.
"""
