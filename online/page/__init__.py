"""The page: hydrate, sources, filter, score, lay out, evidence, respond, log; `assemble.py` reads
as the table of contents.
"""
