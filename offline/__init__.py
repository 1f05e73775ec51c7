"""Offline: scheduled jobs that read the whole history, train, measure, gate and publish
generations.
"""
