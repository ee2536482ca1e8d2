"""The official rule packs, run in Saxon: which they are, how their sheets are rewritten, what they find."""
