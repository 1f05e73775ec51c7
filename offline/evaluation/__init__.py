"""Offline evaluation of models: protocol, metrics, gates and reports."""
