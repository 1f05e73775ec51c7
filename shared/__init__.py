"""Vocabulary, ports, pure functions and models that all tiers share."""
