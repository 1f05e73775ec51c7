"""Wiring, settings, commands and everything that runs the platform; the only package that knows all
the others.
"""
