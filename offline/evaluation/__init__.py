"""Measuring models: the protocol that says what is asked, the metrics, the gates that judge, and
the report that remembers.
"""
