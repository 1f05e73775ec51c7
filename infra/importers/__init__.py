"""Importers of public data sets: each reads a folder and produces the platform's events."""
