"""The operators' pages: what was received, what became of it, who must act. Acts are handed in."""
