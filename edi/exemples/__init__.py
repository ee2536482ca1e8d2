"""Examples: valid French invoices, and for each official rule what must be changed in one to break it."""
