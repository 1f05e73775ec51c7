"""Data sets of titles, profiles and viewing sessions, computed from the lake's events."""
