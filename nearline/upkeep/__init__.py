"""What people run by hand: looking at what is held, and accepting a log that is not the one that
was folded.
"""
