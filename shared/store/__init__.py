"""The store: small keyed blobs that one writer owns and other tiers read."""
