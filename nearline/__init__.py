"""Nearline: Kafka consumers that fold plays, searches, feedback and impressions into profile state,
within a second.
"""
