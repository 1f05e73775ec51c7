"""What follows a finished page: the answer, its record in the log, and the page for scrolling."""
