"""Metrics: pure functions of ranked lists and pages, each checked against answers worked by hand."""
