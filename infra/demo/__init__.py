"""`marquee demo`: start the platform, show what it does in the terminal, and clean up."""
