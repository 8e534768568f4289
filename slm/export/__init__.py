"""Models as files that other engines read, and those engines run on them."""
