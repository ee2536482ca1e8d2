"""What runs: the light tree of a document, what generated code computes with, and who judges what."""
