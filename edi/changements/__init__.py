"""What changes from one invoice to another of the same supplier: by meaning, not by XML. Pure."""
