"""Precomputed candidate rows for every profile."""
