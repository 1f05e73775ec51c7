"""Nearline: Kafka consumers that turn each play, search, thumb and impression into fresh state
within a second.
"""
