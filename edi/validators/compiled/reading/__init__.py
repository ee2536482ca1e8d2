"""Official sheets and their expressions, read into frozen trees. Nothing is written or run here."""
