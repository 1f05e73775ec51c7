"""The nightly run: its steps, what each leaves behind, and how a killed run finds where it stopped."""
