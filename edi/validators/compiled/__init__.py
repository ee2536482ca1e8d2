"""The official sheets compiled to plain Python: the same verdicts, at a fraction of the time."""
