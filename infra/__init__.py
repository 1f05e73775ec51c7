"""Wiring, settings, commands and everything that runs the platform; the only package that imports
all others.
"""
