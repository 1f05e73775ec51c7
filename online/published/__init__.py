"""What has been published and a replica holds in memory: the generation's models, and the catalog
as it is this second.
"""
