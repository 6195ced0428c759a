"""Images from wherever people have them, and tables of what was found in them."""
