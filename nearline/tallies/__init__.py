"""Tallies: counts per time bucket and partition, and their decayed totals over partitions."""
