"""The proof of the journal: the roots of ended days, and whether rows, head, roots and facts agree."""
