"""Sources of candidate rows: one module for each source, which also declares its kinds of rows."""
