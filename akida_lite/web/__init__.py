"""Integer models that run in a browser."""
