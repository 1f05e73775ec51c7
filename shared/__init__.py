"""The words, ports, pure functions and models that the three tiers agree on."""
