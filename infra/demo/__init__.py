"""The whole story of the platform, told in the terminal: `marquee demo`."""
