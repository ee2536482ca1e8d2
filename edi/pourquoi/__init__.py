"""Why an invoice was accepted or rejected: its verdict again, under all that was valid then, and today."""
