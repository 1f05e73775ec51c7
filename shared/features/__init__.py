"""Features: pure functions that training and serving share."""
