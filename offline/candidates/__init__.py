"""Candidates: rows computed overnight for every profile, in an order that is itself a page."""
