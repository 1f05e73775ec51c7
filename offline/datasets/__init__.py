"""Data sets: what the lake's events say about titles, profiles and watchings, as trainers and candidate jobs read it."""
