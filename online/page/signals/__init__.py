"""Signals read from the store: those of a profile, and the counts of trending titles."""
