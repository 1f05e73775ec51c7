"""Published data in a replica's memory: the models of a generation, and the followed catalog."""
