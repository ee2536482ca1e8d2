"""All that is known of one flux in one archive, for whoever helps to understand what went wrong with it."""
