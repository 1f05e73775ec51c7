"""The lake: every record of the log, kept for ever in one Iceberg table, and the view that readers
go through.
"""
