"""The lake: every record of the log in one Iceberg table, and the views that jobs read."""
