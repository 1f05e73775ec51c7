"""Publication: a generation becomes the live one by moving one pointer, last; it is taken back the
same way.
"""
