"""Publication and rollback of generations, by moving one pointer."""
