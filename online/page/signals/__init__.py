"""Signals: what is read from the store about a profile and about trending titles."""
