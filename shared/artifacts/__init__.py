"""Artifacts: folders of files named by their content, and the manifests that tie them into a
generation.
"""
