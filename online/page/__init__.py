"""The page: its steps are listed in `assemble.py`, from request to bytes."""
