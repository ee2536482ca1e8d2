"""From the trees of expressions to the Python of a module. Nothing is run here."""
