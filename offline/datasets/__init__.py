"""Data sets: what the lake's events say about titles, profiles and viewings, as trainers and
candidate jobs read it.
"""
