"""Recommendation models: one file per family with its settings, parameters and scoring.

`port` defines what the tiers use, `registry` lists the families, `files` stores them.
"""
