"""Publication: a generation goes live, and is rolled back, by moving one pointer last."""
