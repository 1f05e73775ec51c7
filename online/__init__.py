"""The online tier: pages assembled per request from stored results and fresh signals, and the
endpoint for events.
"""
