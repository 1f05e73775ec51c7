"""Events: one module per family, one envelope for all, one validation for all tiers."""
