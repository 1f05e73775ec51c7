"""A simulated streaming service with known truth.

It uses the platform from outside only: it produces events and requests pages.
"""
