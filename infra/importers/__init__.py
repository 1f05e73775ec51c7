"""Public data sets as events: each importer reads a folder and tells the platform what would have
happened on it.
"""
