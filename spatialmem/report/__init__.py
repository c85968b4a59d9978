"""Reports: one page about a world that says what was asked, what was seen, and how well it is remembered."""
