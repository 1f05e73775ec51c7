"""Artifacts: immutable sets of files addressed by a hash, and the manifests of generations."""
