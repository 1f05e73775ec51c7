"""Product rules: pure functions that every tier and the simulated world share."""
