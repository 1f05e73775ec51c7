"""Ranking: the relevance of every title of the catalog, then the value of every candidate tile."""
