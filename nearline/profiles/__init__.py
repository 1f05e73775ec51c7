"""A profile's state: its rows in memory, and the cache of profiles in front of the store."""
