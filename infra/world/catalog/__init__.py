"""The titles of a world: arrays, how they are drawn, and their catalog records."""
