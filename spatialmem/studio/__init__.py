"""The web viewer: a world in the browser, followed while it grows."""
