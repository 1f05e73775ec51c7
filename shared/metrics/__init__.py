"""Evaluation metrics: pure functions of predictions, ranked lists and pages."""
